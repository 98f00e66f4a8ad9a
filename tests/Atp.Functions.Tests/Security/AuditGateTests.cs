using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Atp.Functions.Tests.Security;

/// <summary>.ci/audit tells a registry without advisories from a package with a vulnerability, whatever npm answers.</summary>
public sealed class AuditGateTests
{
    [Theory]
    [InlineData("""{"message":"405 Method Not Allowed - POST /advisories","statusCode":405}""", 0, "NOT AUDITED. The registry offers no advisories: it answers 405")]
    [InlineData("""{"message":"404 Not Found - POST /advisories"}""", 0, "NOT AUDITED. The registry offers no advisories: it answers 404")]
    [InlineData("""{"vulnerabilities":{},"metadata":{"vulnerabilities":{"low":0,"high":0,"total":0}}}""", 0, "audited, none of high severity (0 lower)")]
    [InlineData("""{"vulnerabilities":{"a":{"name":"a","severity":"low","range":"<2"}},"metadata":{"vulnerabilities":{"low":1,"high":0,"total":1}}}""", 0, "audited, none of high severity (1 lower)")]
    [InlineData("""{"vulnerabilities":{"a":{"name":"a","severity":"high","range":"<2"}},"metadata":{"vulnerabilities":{"high":1,"total":1}}}""", 1, "a <2 has a high vulnerability")]
    [InlineData("""{"vulnerabilities":{"a":{"name":"a","severity":"critical","range":"<2"}},"metadata":{"vulnerabilities":{"critical":1,"total":1}}}""", 1, "a <2 has a critical vulnerability")]
    [InlineData("""{"message":"503 Service Unavailable","statusCode":503}""", 1, "could not be made: 503")]
    [InlineData("""{"message":"request failed, reason: getaddrinfo ENOTFOUND"}""", 1, "could not be made: request failed")]
    [InlineData("npm: not found", 1, "could not be made")]
    public async Task Only_a_registry_without_advisories_and_a_clean_answer_pass(string answer, int exitCode, string said)
    {
        var folder = Directory.CreateTempSubdirectory("atp-audit-");
        try
        {
            var npm = Path.Combine(folder.FullName, "npm");
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "answer"), answer);
            await File.WriteAllTextAsync(npm, "#!/bin/sh\ncat \"$(dirname \"$0\")/answer\"\n");
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(npm, UnixFileMode.UserRead | UnixFileMode.UserExecute);
            }

            var start = new ProcessStartInfo("bash", [Path.Combine(RootFolder(), ".ci", "audit"), "npm"]) { RedirectStandardOutput = true };
            start.Environment["PATH"] = $"{folder.FullName}{Path.PathSeparator}{Environment.GetEnvironmentVariable("PATH")}";

            using var audit = Process.Start(start)!;
            var output = await audit.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            await audit.WaitForExitAsync(TestContext.Current.CancellationToken);

            Assert.Contains(said, output, StringComparison.Ordinal);
            Assert.Equal(exitCode, audit.ExitCode);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string RootFolder([CallerFilePath] string thisFile = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "..", "..", ".."));
}
