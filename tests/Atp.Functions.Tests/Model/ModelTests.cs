using System.Globalization;
using CsCheck;

namespace Atp.Functions.Tests.Model;

/// <summary>
/// Random fleets, deployments, edits and membership changes, with every message duplicated, delayed, reordered and killed at random:
/// the final figures are those of a plain recount. <c>ATP_MODEL_CASES</c> sets how many cases are made, <c>ATP_MODEL_SEED</c>
/// makes the case of one seed again.
/// </summary>
public sealed class ModelTests(TestStack stack)
{
    private const int CasesInTheSuite = 15;
    private const int MostCases = 350; // each has a storage account of its own
    private const int MostRunsToShorten = 120;

    [Fact]
    public async Task Whatever_happens_in_whatever_order_the_final_figures_are_those_of_a_plain_recount()
    {
        var seed = Environment.GetEnvironmentVariable("ATP_MODEL_SEED");
        var cases = seed is not null ? 1
            : int.TryParse(Environment.GetEnvironmentVariable("ATP_MODEL_CASES"), CultureInfo.InvariantCulture, out var wanted) ? Math.Min(wanted, MostCases)
            : CasesInTheSuite;
        for (var i = 0; i < cases; i++)
        {
            var random = seed is null ? new PCG((uint)Random.Shared.Next()) : PCG.Parse(seed);
            var usedSeed = random.ToString();
            var made = Case.Generator.Generate(random, null, out _);
            if (await ProblemAsync(stack, made) is { } problem)
            {
                if (seed is not null)
                {
                    (made, problem) = await ShortenAsync(made, problem);
                }

                Assert.Fail($"ATP_MODEL_SEED={usedSeed} makes this case again and shortens it.\n{problem}\n{made}");
            }
        }
    }

    /// <returns>Null when there is none.</returns>
    internal static async Task<string?> ProblemAsync(TestStack stack, Case made)
    {
        await using var site = await ModelSite.StartAsync(stack, made);
        var step = 0;
        try
        {
            for (; step < made.Operations.Length; step++)
            {
                await site.DoAsync(made.Operations[step]);
            }

            await site.FinishAsync(made.LastOrder);
            var (expected, actual) = (site.Expected(), await site.ActualAsync());
            return expected.SequenceEqual(actual) ? null : string.Join('\n',
                expected.Except(actual).Select(line => $"expected  {line}").Concat(actual.Except(expected).Select(line => $"but found {line}")));
        }
        catch (Exception e)
        {
            return $"At operation {step}: {e}";
        }
    }

    /// <summary>Leaves out what isn't needed for a problem, in ever smaller pieces.</summary>
    private async Task<(Case Made, string Problem)> ShortenAsync(Case made, string problem)
    {
        var runs = 0;
        for (var size = made.Operations.Length / 2; size > 0; size /= 2)
        {
            for (var start = 0; start < made.Operations.Length && runs < MostRunsToShorten;)
            {
                runs++;
                var shorter = made with { Operations = [.. made.Operations[..start], .. made.Operations.Skip(start + size)] };
                if (await ProblemAsync(stack, shorter) is { } still)
                {
                    (made, problem) = (shorter, still);
                }
                else
                {
                    start += size;
                }
            }
        }

        return (made, problem);
    }
}
