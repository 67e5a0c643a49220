namespace ZsMlc.Samples.TagImages.Bulk.Results;

/// <summary>Joins the parts of a finished work and tells what is in them.</summary>
internal static class Joined
{
    /// <summary>Writes the result and a line to the console.</summary>
    public static void Write(BulkWork work, FileInfo output)
    {
        var (tagged, untagged, unreadable) = (0, 0, 0);
        ResultFile.Write(output, work.Pictures().Select(picture =>
        {
            tagged += picture.Error is null ? 1 : 0;
            untagged += picture is { Error: null, Tags.Count: 0 } ? 1 : 0;
            unreadable += picture.Error is null ? 0 : 1;
            return picture;
        }));
        Console.WriteLine($"{tagged} pictures tagged, {unreadable} not readable, {work.Job.PassedOver} other files passed over: {output.FullName}");
        if (untagged > 0)
        {
            Console.WriteLine($"{untagged} of them have no tag of the least probability asked for.");
        }
    }
}
