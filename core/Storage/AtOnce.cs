namespace Atp.Core.Storage;

/// <summary>Storage asked the same of several things, a few at once.</summary>
public static class AtOnce
{
    private const int Calls = 8;

    /// <returns>In the order of the items.</returns>
    public static async Task<IReadOnlyList<TAnswer>> AskAsync<T, TAnswer>(
        this IReadOnlyList<T> items, Func<T, CancellationToken, Task<TAnswer>> ask, CancellationToken ct)
    {
        var answers = new TAnswer[items.Count];
        await Parallel.ForAsync(0, items.Count, new ParallelOptions { MaxDegreeOfParallelism = Calls, CancellationToken = ct },
            async (i, stop) => answers[i] = await ask(items[i], stop));
        return answers;
    }
}
