namespace Atp.Core.Errors;

/// <summary>Collects everything that is wrong with one request, so that the caller sees all of it at once.</summary>
public sealed class FieldErrors
{
    private readonly List<(string Field, string Code, string Detail)> found = [];

    public bool Any => found.Count > 0;

    public void Add(string field, string code, string detail) => found.Add((field, code, detail));

    /// <summary>An id that the caller sent, short enough to show.</summary>
    internal static string Quoted(string? id) => $"'{(id is null || id.Length <= 64 ? id : id[..64] + "…")}'";

    /// <summary>The first finding, as the error of one line of an import.</summary>
    internal Devices.ImportError First(int line) => new(line, found[0].Field, found[0].Code, found[0].Detail);

    /// <exception cref="DomainException">When anything was added. Its code is that of the first finding.</exception>
    public void ThrowIfAny()
    {
        if (found.Count == 0)
        {
            return;
        }

        throw new DomainError(ErrorKind.Invalid, found[0].Code, string.Join(' ', found.Select(f => f.Detail)))
        {
            Fields = found.GroupBy(f => f.Field).ToDictionary(g => g.Key, g => g.Select(f => f.Detail).ToArray()),
        }.ToException();
    }
}
