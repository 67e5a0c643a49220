using System.Reflection;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;

namespace ZsMlc.MLNet.Tests.Rooms;

/// <summary>The types, fields and methods that the instructions of a method name.</summary>
internal static class MethodTokens
{
    private static readonly Dictionary<int, OperandType> s_operands = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(code => code.Value & 0xFFFF, code => code.OperandType);

    public static IEnumerable<EntityHandle> In(BlobReader body)
    {
        var tokens = new List<EntityHandle>();
        while (body.RemainingBytes > 0)
        {
            int first = body.ReadByte();
            var operand = s_operands[first == 0xFE ? (first << 8) | body.ReadByte() : first];
            if (operand is OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineTok or OperandType.InlineType)
            {
                tokens.Add(MetadataTokens.EntityHandle(body.ReadInt32()));
                continue;
            }

            // The length of a jump table is read first: it moves the offset.
            var length = operand switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 * body.ReadInt32(),
                _ => 4,
            };
            body.Offset += length;
        }

        return tokens;
    }
}
