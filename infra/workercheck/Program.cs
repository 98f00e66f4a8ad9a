using Atp.SelfHost;
using Atp.WorkerCheck;

if (args is not [var folder, var list])
{
    await Console.Error.WriteLineAsync("Usage: Atp.WorkerCheck PUBLISHED_FOLDER functions.json");
    return 2;
}

try
{
    folder = Path.GetFullPath(folder);
    Same(PublishedFunctions.Read(folder), "functions.metadata of the published folder");
    await SmallJob.RunAsync(folder, lists => Same(lists, "what the worker lists"), CancellationToken.None);
    return 0;
}
catch (CheckFailedException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 1;
}

void Same(IReadOnlyList<FunctionDescription> found, string what)
{
    var (expected, actual) = (Lines(File.ReadAllText(list)), Lines(FunctionDescription.Write(found)));
    if (!expected.SequenceEqual(actual))
    {
        throw new CheckFailedException($"{list} and {what} differ:\n"
            + string.Join('\n', expected.Except(actual).Select(l => $"- {l}").Concat(actual.Except(expected).Select(l => $"+ {l}"))));
    }

    Console.WriteLine($"{found.Count} functions: {what} is {list}");
}

static string[] Lines(string text) => text.ReplaceLineEndings("\n").Split('\n');
