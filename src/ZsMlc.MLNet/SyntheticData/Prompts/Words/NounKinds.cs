namespace ZsMlc.MLNet.SyntheticData.Prompts.Words;

/// <summary>The kinds of the nouns that photo data sets have as labels.</summary>
internal static class NounKinds
{
    private static readonly Dictionary<string, NounKind> s_kinds = new (NounKind Kind, string Nouns)[]
    {
        (NounKind.Person, "person, people, man, woman, child, boy, girl, baby, swimmer"),
        (NounKind.Pet, "dog, puppy, cat, kitten, rabbit, hamster"),
        (NounKind.FarmAnimal, "cow, horse, sheep, goat, pig, donkey, cattle"),
        (NounKind.WildAnimal, "elephant, bear, zebra, giraffe, lion, tiger, elk, deer, fox, wolf, monkey, camel, kangaroo"),
        (NounKind.Bird, "bird, duck, goose, swan, owl, eagle, gull, penguin, chicken"),
        (NounKind.Vehicle, "bus, car, truck, train, tram, van, motorcycle, bicycle, bike, scooter, tractor, vehicle"),
        (NounKind.Aircraft, "airplane, aeroplane, plane, helicopter, jet"),
        (NounKind.Boat, "boat, ship, sailboat, canoe, kayak"),
        (NounKind.UprightThing,
            "bottle, wine glass, cup, mug, glass, bowl, vase, clock, laptop, microwave, toaster, backpack, handbag, suitcase, teddy bear, toy, potted plant, lamp, candle, bucket, basket, camera"),
        (NounKind.FlatThing,
            "knife, fork, spoon, scissors, keyboard, computer keyboard, mouse, remote, cell phone, phone, book, map, tie, umbrella, hat, shoe, toothbrush, hair drier, frisbee, sports ball, ball, kite, baseball bat, "
            + "baseball glove, tennis racket, skateboard, snowboard, snowboard equipment, surfboard, skis, plate, pen, pencil, guitar, violin, hammer, leaf"),
        (NounKind.Furniture, "chair, couch, sofa, bed, dining table, table, desk, bench, toilet, sink, refrigerator, oven, tv, television, computer, fire hydrant, parking meter, stop sign, sign, statue"),
        (NounKind.Food, "banana, apple, orange, sandwich, broccoli, carrot, hot dog, pizza, donut, doughnut, cake, bread, cheese, egg, lemon, strawberry, food"),
        (NounKind.Scenery,
            "airport, beach, bridge, building, castle, cityscape, city, cloud, coral, dancing, earthquake, fire, flag, flower, frost, garden, glacier, grass, harbor, house, lake, military, moon, mountain, "
            + "nighttime, ocean, plant, protest, railroad, rainbow, reflection, road, rock, running, sand, sky, snow, soccer, sport, street, sun, sunset, surf, tattoo, temple, tower, town, "
            + "traffic light, tree, valley, water, waterfall, wedding, whale, window, fish, rain, fog, smoke, ice"),
    }.SelectMany(row => row.Nouns.Split(", ").Select(noun => (noun, row.Kind))).ToDictionary(row => row.noun, row => row.Kind, StringComparer.OrdinalIgnoreCase);

    /// <summary>The kind of what a label names, in the singular or the plural; where the whole is not known, its last word decides ("coffee cup").</summary>
    public static NounKind Of(string label)
    {
        var last = label.LastIndexOf(' ') + 1;
        var forms = NounForms.Of(label[last..].ToLowerInvariant());
        return forms.Select(form => label[..last] + form).Concat(forms).Select(noun => s_kinds.GetValueOrDefault(noun)).FirstOrDefault(kind => kind != NounKind.Unknown);
    }
}
