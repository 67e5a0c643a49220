using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;

namespace ZsMlc.Samples.Reporting.Html;

/// <summary>Collects markup: the literal parts of an interpolated string stay as they are, every value is encoded.</summary>
internal sealed class HtmlBuilder
{
    private static readonly HtmlEncoder Encoder = HtmlEncoder.Create(UnicodeRanges.All);
    private readonly StringBuilder _text = new();

    public HtmlBuilder Add([InterpolatedStringHandlerArgument("")] ref Markup markup)
    {
        _ = markup;
        return this;
    }

    public HtmlBuilder Raw(string markup)
    {
        _text.Append(markup);
        return this;
    }

    public override string ToString() => _text.ToString();

    [InterpolatedStringHandler]
    public readonly ref struct Markup(int literalLength, int values, HtmlBuilder builder)
    {
        private readonly StringBuilder _text = Reserve(builder._text, literalLength + (values * 8));

        public void AppendLiteral(string literal) => _text.Append(literal);

        public void AppendFormatted(string? value) => _text.Append(Encoder.Encode(value ?? ""));

        public void AppendFormatted(int value) => _text.Append(value.ToString(CultureInfo.InvariantCulture));

        /// <summary>Coordinates: two decimals are a fiftieth of a pixel.</summary>
        public void AppendFormatted(double value) => AppendFormatted(value, "0.##");

        public void AppendFormatted(double value, string format) =>
            _text.Append(value.ToString(format, CultureInfo.InvariantCulture));

        private static StringBuilder Reserve(StringBuilder text, int more)
        {
            text.EnsureCapacity(text.Length + more);
            return text;
        }
    }
}
