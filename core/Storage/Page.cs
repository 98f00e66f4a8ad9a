namespace Atp.Core.Storage;

/// <summary>One page of a list.</summary>
/// <param name="Items">The page, in key order.</param>
/// <param name="Continuation">Opaque; gives the next page. Null on the last.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, string? Continuation)
{
    public Page<TOther> Select<TOther>(Func<T, TOther> map) => new([.. Items.Select(map)], Continuation);
}
