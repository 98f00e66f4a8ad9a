using System.ComponentModel;
using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Atp.Functions.Tests.InAzure;

/// <summary>The Bicep compiler that comes as a package; there is one for Linux on x64.</summary>
internal static class Bicep
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(2);

    /// <summary>What azd asks for, or has from the registration; the parameters have defaults for everything else.</summary>
    private static readonly (string Name, string Value)[] Asked =
    [
        ("AZURE_ENV_NAME", "test"), ("AZURE_LOCATION", "westeurope"), ("ENTRA_API_CLIENT_ID", "00000000-0000-0000-0000-000000000000"),
    ];

    /// <param name="arguments">The command, and files of infra/azure.</param>
    /// <param name="values">Of the azd environment, beside those that it can't be without.</param>
    /// <returns>What it wrote: the result, and whatever it had to say.</returns>
    public static async Task<(string Result, string Said, int ExitCode)> RunAsync(string[] arguments, params (string Name, string Value)[] values)
    {
        var start = new ProcessStartInfo(Compiler(), arguments)
        {
            WorkingDirectory = CompiledTemplate.Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("ATP_", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }

        foreach (var (name, value) in Asked.Concat(values))
        {
            start.Environment[name] = value;
        }

        using var compiler = Start(start);
        using var tooLong = new CancellationTokenSource(Longest);
        var result = compiler.StandardOutput.ReadToEndAsync(tooLong.Token);
        var said = compiler.StandardError.ReadToEndAsync(tooLong.Token);
        try
        {
            await compiler.WaitForExitAsync(tooLong.Token);
        }
        catch (OperationCanceledException)
        {
            compiler.Kill(entireProcessTree: true);
            throw;
        }

        return (await result, await said, compiler.ExitCode);
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new InvalidOperationException($"The Bicep compiler {start.FileName} does not start. Is it there and executable? " +
                "`dotnet restore` brings it; ATP_BICEP names another one.", e);
        }
    }

    private static string Compiler()
    {
        if (Environment.GetEnvironmentVariable("ATP_BICEP") is { Length: > 0 } another)
        {
            return another;
        }

        return OperatingSystem.IsLinux() && RuntimeInformation.OSArchitecture == Architecture.X64
            ? Path.GetFullPath(typeof(Bicep).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
                .Single(a => a.Key == "BicepPath").Value!.Replace('\\', '/'))
            : throw new InvalidOperationException("The package with the Bicep compiler is for Linux on x64. Here, install it " +
                "(https://aka.ms/bicep-install) and name it in ATP_BICEP.");
    }
}
