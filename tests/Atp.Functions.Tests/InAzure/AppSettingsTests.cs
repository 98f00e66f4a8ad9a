using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.RegularExpressions;
using Atp.Core.Secrets;
using Atp.Core.Storage;
using Atp.Functions.Http;
using Atp.Functions.Tests.Docs;

namespace Atp.Functions.Tests.InAzure;

/// <summary>The settings of the function app: every one that the code needs in Azure, and no other.</summary>
public sealed partial class AppSettingsTests
{
    /// <summary>Of the functions host and of the libraries, with what each is for.</summary>
    private static readonly string[] OfHostAndLibraries =
    [
        "AzureWebJobsStorage__blobServiceUri", "AzureWebJobsStorage__queueServiceUri", "AzureWebJobsStorage__tableServiceUri", // its account,
        "AzureWebJobsStorage__credential", "AzureWebJobsStorage__clientId", // and as whom it goes there
        "AZURE_CLIENT_ID", // as whom the app goes to storage, vault and Application Insights
        "APPLICATIONINSIGHTS_CONNECTION_STRING", "APPLICATIONINSIGHTS_AUTHENTICATION_STRING", // where telemetry goes, and the host's sign-in there
        "OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG", // how much of it
    ];

    /// <summary>For machines outside of Azure.</summary>
    private static readonly string[] Elsewhere = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_SERVICE_NAME", "AzureWebJobsStorage"];

    /// <summary>Not asked for by the code, which has something to fall back on that is wrong in Azure.</summary>
    private static readonly string[] NeededInAzure = ["Atp:Storage:ReportingTableEndpoint", "Atp:Entra:DashboardClientId"];

    private static readonly IReadOnlyList<(string Name, PropertyInfo Property)> Options =
    [
        .. new[] { typeof(StorageOptions).Assembly, typeof(EntraOptions).Assembly }.SelectMany(assembly => assembly.GetTypes())
            .Where(type => type != typeof(LocalTrust) && type.GetField("Section", BindingFlags.Public | BindingFlags.Static) is { IsLiteral: true })
            .SelectMany(type => type.GetProperties().Select(property => ($"{type.GetField("Section")!.GetRawConstantValue()}:{property.Name}", property))),
    ];

    [Fact]
    public async Task Every_setting_that_the_code_needs_is_set()
    {
        var set = await SettingsAsync();
        var required = Options.Where(option => option.Property.IsDefined(typeof(RequiredAttribute))).Select(option => option.Name).ToList();

        Assert.True(required.Count > 4, $"The code needs {required.Count} only.");
        Assert.Equal([], required.Concat(NeededInAzure).Concat(OfHostAndLibraries).Except(set.Keys));
        Assert.All(set, setting => Assert.NotEqual("", setting.Value));
    }

    [Fact]
    public async Task No_setting_is_set_that_nothing_reads()
    {
        var known = Options.Select(option => option.Name).Concat(OfHostAndLibraries).ToHashSet();

        Assert.Equal([], (await SettingsAsync()).Keys.Where(name => !known.Contains(name)));
    }

    /// <summary>What is read by its name, and not by an options class.</summary>
    [Fact]
    public void What_the_code_reads_by_name_is_in_the_list()
    {
        var read = new[] { "core", "functions" }.SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Pages.Root, folder), "*.cs", SearchOption.AllDirectories))
            .Where(file => !file.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"))
            .SelectMany(file => ReadByName().Matches(File.ReadAllText(file))).Select(m => m.Groups[1].Value).Distinct().ToList();

        Assert.Contains("AZURE_CLIENT_ID", read);
        Assert.Equal([], read.Except(OfHostAndLibraries).Except(Elsewhere));
    }

    [Fact]
    public async Task None_is_a_secret()
    {
        var set = await SettingsAsync();

        Assert.All(set.Where(setting => setting.Key != "APPLICATIONINSIGHTS_CONNECTION_STRING"), setting => Assert.DoesNotMatch(Secret(), setting.Value));
        Assert.Equal("[reference('insights').ConnectionString]", set["APPLICATIONINSIGHTS_CONNECTION_STRING"]); // local authentication is off there
    }

    /// <summary>As the code reads them: with <c>:</c> where an app setting has <c>__</c>.</summary>
    private static async Task<Dictionary<string, string>> SettingsAsync()
    {
        var settings = (await CompiledTemplate.GetAsync()).OfType("Microsoft.Web/sites/config").Single().Json;
        Assert.EndsWith("'appsettings')]", (string)settings["name"]!, StringComparison.Ordinal);
        return settings["properties"]!.AsObject().ToDictionary(
            setting => setting.Key.StartsWith("Atp__", StringComparison.Ordinal) ? setting.Key.Replace("__", ":", StringComparison.Ordinal) : setting.Key,
            setting => (string)setting.Value!);
    }

    [GeneratedRegex("(?:[cC]onfiguration\\[|[cC]onfiguration\\.GetValue<[^>]+>\\(|GetEnvironmentVariable\\()\"([^\":]+)\"")]
    private static partial Regex ReadByName();

    [GeneratedRegex("key|secret|password|connectionString|sig=", RegexOptions.IgnoreCase)]
    private static partial Regex Secret();
}
