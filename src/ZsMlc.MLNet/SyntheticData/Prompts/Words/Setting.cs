namespace ZsMlc.MLNet.SyntheticData.Prompts.Words;

/// <summary>The kinds of places of a photograph.</summary>
[Flags]
internal enum Setting
{
    /// <summary>None: for what fits no place.</summary>
    None = 0,

    /// <summary>A room.</summary>
    Room = 1,

    /// <summary>A room with the sun in it.</summary>
    SunlitRoom = 2,

    /// <summary>Under the sky, but too narrow or too high for what is large.</summary>
    Corner = 4,

    /// <summary>A street or a square.</summary>
    Town = 8,

    /// <summary>Fields, lawns and meadows.</summary>
    Country = 16,

    /// <summary>By a lake or the sea.</summary>
    Shore = 32,

    /// <summary>Where snow lies.</summary>
    Snow = 64,

    /// <summary>Under the sky, with room for what is large.</summary>
    Wide = Town | Country | Shore | Snow,

    /// <summary>Under the sky.</summary>
    Outdoors = Corner | Wide,

    /// <summary>Every place.</summary>
    Anywhere = Room | SunlitRoom | Outdoors,
}
