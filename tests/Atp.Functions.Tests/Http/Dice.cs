namespace Atp.Functions.Tests.Http;

/// <summary>What chance decides of one fuzzed request: the same seed decides the same.</summary>
internal sealed class Dice(int seed) : Random(seed)
{
    public bool Chance(int percent) => Next(100) < percent;

    public T Pick<T>(params IReadOnlyList<T> of) => of[Next(of.Count)];

    public string HostileText(bool withoutNul = false)
    {
        var text = Chance(3) ? new string(Pick('a', 'é', '\u4e2d'), Pick(64, 65, 257, 1_025, 33_000)) : Pick(Hostile.Texts);
        text = withoutNul ? text.Replace("\0", "", StringComparison.Ordinal) : text;
        return withoutNul && text.Length > 500 ? text[..500] : text;
    }
}
