namespace ZsMlc.MLNet.SyntheticData.Prompts.Words;

/// <summary>What kind of thing a noun names, as far as it decides which adjectives, verbs and places go with it.</summary>
internal enum NounKind
{
    /// <summary>Not known.</summary>
    Unknown,

    /// <summary>A person.</summary>
    Person,

    /// <summary>An animal that lives with people, small enough for a room.</summary>
    Pet,

    /// <summary>An animal of a farm.</summary>
    FarmAnimal,

    /// <summary>A large wild animal on land.</summary>
    WildAnimal,

    /// <summary>A bird.</summary>
    Bird,

    /// <summary>A vehicle of the road or the rails.</summary>
    Vehicle,

    /// <summary>An aircraft.</summary>
    Aircraft,

    /// <summary>A boat.</summary>
    Boat,

    /// <summary>A thing that is put down upright.</summary>
    UprightThing,

    /// <summary>A thing that is put down flat.</summary>
    FlatThing,

    /// <summary>Furniture and what is as large.</summary>
    Furniture,

    /// <summary>Food.</summary>
    Food,

    /// <summary>Buildings, landscape, weather, events: what no one puts anywhere.</summary>
    Scenery,
}
