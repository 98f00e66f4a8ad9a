using System.Runtime.CompilerServices;
using Atp.Functions.Tests.Cli;
using Atp.SelfHost;
using Microsoft.Extensions.Configuration;

namespace Atp.Functions.Tests;

/// <summary>
/// functions/functions.json is what the self-host finds. .ci/worker holds the genuine worker's build against the same file, so that a
/// function which one host would start otherwise than the other is seen.
/// </summary>
public sealed class FunctionListTests
{
    [Fact]
    public void The_committed_list_of_functions_is_what_the_self_host_finds() => Snapshot.VerifyFile(
        File(), FunctionDescription.Write(FunctionDescription.Of(typeof(AtpFunctions).Assembly.GetTypes(), new ConfigurationBuilder().Build())));

    private static string File([CallerFilePath] string thisFile = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "..", "..", "functions", "functions.json"));
}
