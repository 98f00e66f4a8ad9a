using Atp.Core.Errors;

namespace Atp.Core.Storage;

/// <summary>Read, decide, write with If-Match, and again when somebody else was quicker.</summary>
public static class Contention
{
    private const int Attempts = 8;

    /// <summary>Runs the whole read-decide-write again while it ends in <see cref="ErrorKind.Stale"/>, with a short random pause.</summary>
    /// <exception cref="DomainException">Stale still, after eight attempts.</exception>
    public static async Task<T> RetryAsync<T>(Func<Task<T>> readDecideWrite, CancellationToken ct)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await readDecideWrite();
            }
            catch (DomainException e) when (e.Error.Kind == ErrorKind.Stale && attempt < Attempts)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(5, 20 * attempt)), ct);
            }
        }
    }

    /// <inheritdoc cref="RetryAsync{T}"/>
    public static Task RetryAsync(Func<Task> readDecideWrite, CancellationToken ct) => RetryAsync(async () =>
    {
        await readDecideWrite();
        return true;
    }, ct);
}
