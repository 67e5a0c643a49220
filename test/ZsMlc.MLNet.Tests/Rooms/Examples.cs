namespace ZsMlc.MLNet.Tests.Rooms.Examples
{
    internal sealed class Used;
}

namespace ZsMlc.MLNet.Tests.Rooms.Examples.Body
{
    internal sealed class Body
    {
        public static object Make() => new Used();
    }
}

namespace ZsMlc.MLNet.Tests.Rooms.Examples.Generic
{
    internal sealed class Generic
    {
        public static void Take(List<Used[]> list) => list.Clear();
    }
}

namespace ZsMlc.MLNet.Tests.Rooms.Examples.Nested
{
    internal sealed class Nested
    {
        private sealed class Inner
        {
            public static object Make() => typeof(Used);
        }
    }
}
