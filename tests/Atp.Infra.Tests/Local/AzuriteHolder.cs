using System.Globalization;
using System.Runtime.CompilerServices;
using Atp.Local;

namespace Atp.Infra.Tests.Local;

/// <summary>Lets a test start this program as a parent of an Azurite, to kill it: with the variable set, it starts
/// one, prints its table port, and waits; or prints why it can't.</summary>
internal static class AzuriteHolder
{
    public const string Variable = "ATP_TEST_HOLD_AZURITE";

    [ModuleInitializer]
    internal static void HoldIfAsked()
    {
        if (Environment.GetEnvironmentVariable(Variable) is null)
        {
            return;
        }
        try
        {
            var azurite = Azurite.StartAsync(new AzuriteOptions(), CancellationToken.None).GetAwaiter().GetResult();
            Console.WriteLine(azurite.Accounts[0].TableEndpoint.Port.ToString(CultureInfo.InvariantCulture));
            Thread.Sleep(TimeSpan.FromMinutes(2));
        }
        catch (LocalStackException e)
        {
            Console.WriteLine(e.Message);
        }
        Environment.Exit(1);
    }
}
