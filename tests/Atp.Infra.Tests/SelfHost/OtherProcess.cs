using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using Atp.Local;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Hosting;

namespace Atp.Infra.Tests.SelfHost;

/// <summary>This program as a host of its own: with the variable set it runs the functions below until it is told to stop.</summary>
internal static class OtherProcess
{
    private const string Variable = "ATP_TEST_SELFHOST_STORAGE";

    /// <summary>Prints what its functions do, line by line.</summary>
    public static Process Start(StorageAccount account) => Process.Start(new ProcessStartInfo(Environment.ProcessPath!)
    {
        Environment =
        {
            [Variable] = account.ConnectionString,
            ["AzureWebJobsStorage"] = account.ConnectionString,
            ["AzureFunctionsJobHost__extensions__queues__batchSize"] = "1",
            ["AzureFunctionsJobHost__extensions__queues__newBatchThreshold"] = "0",
        },
        RedirectStandardOutput = true,
    })!;

    public static void Signal(this Process process, string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{process.Id}"]);
        kill.WaitForExit();
    }

    [ModuleInitializer]
    internal static void RunIfAsked()
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { } connectionString)
        {
            return;
        }

        // Other threads can't enter a module that is being initialized: the host runs in a second copy of it.
        Environment.SetEnvironmentVariable(Variable, null);
        var copy = new AssemblyLoadContext(nameof(OtherProcess)).LoadFromAssemblyPath(typeof(OtherProcess).Assembly.Location);
        var run = copy.GetType(typeof(OtherProcess).FullName!)!.GetMethod(nameof(RunAsync))!.CreateDelegate<Func<string, Task>>();
        run(connectionString).GetAwaiter().GetResult();
        Environment.Exit(Environment.ExitCode);
    }

    public static async Task RunAsync(string connectionString)
    {
        using var host = RunningHost.Build(null, [typeof(Functions)], new() { ["AzureWebJobsStorage"] = connectionString });
        await host.RunAsync();
        Say("stopped");
    }

    private static void Say(string line)
    {
        Console.Out.WriteLine(line);
        Console.Out.Flush();
    }

    public static class Functions
    {
        [Function("Slow")]
        public static async Task SlowAsync([QueueTrigger("slow")] string text, CancellationToken ct)
        {
            Say($"begun {text}");
            await Task.Delay(TimeSpan.FromSeconds(3), ct); // work
            Say($"done {text}");
        }

        [Function("EverySecond")]
        public static void EverySecond([TimerTrigger("* * * * * *")] TimerInfo timer) => Say(timer.IsPastDue ? "late" : "tick");
    }
}
