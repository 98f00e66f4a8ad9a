using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.RegularExpressions;
using Atp.Core.Site;

namespace Atp.Functions.Tests.InAzure;

/// <summary>What `azd up` makes in Azure, read from the compiled template: that it compiles, who may do what, and what is closed.</summary>
public sealed partial class TemplateTests
{
    /// <summary>Types, a path into each resource of it, and what must be there.</summary>
    public static TheoryData<string, string, string> Secure => new()
    {
        { "Microsoft.Storage/storageAccounts", "properties.allowSharedKeyAccess", "false" },
        { "Microsoft.Storage/storageAccounts", "properties.allowBlobPublicAccess", "false" },
        { "Microsoft.Storage/storageAccounts", "properties.allowCrossTenantReplication", "false" },
        { "Microsoft.Storage/storageAccounts", "properties.minimumTlsVersion", "TLS1_2" },
        { "Microsoft.Storage/storageAccounts", "properties.supportsHttpsTrafficOnly", "true" },
        { "Microsoft.Storage/storageAccounts", "properties.publicNetworkAccess", "[if(parameters('privateOnly'), 'Disabled', 'Enabled')]" },
        { "Microsoft.Storage/storageAccounts", "properties.networkAcls.defaultAction", "[if(parameters('privateOnly'), 'Deny', 'Allow')]" },
        { "Microsoft.Storage/storageAccounts/blobServices", "properties.isVersioningEnabled", "true" },
        { "Microsoft.Storage/storageAccounts/blobServices", "properties.deleteRetentionPolicy.enabled", "true" },
        { "Microsoft.Storage/storageAccounts/blobServices", "properties.containerDeleteRetentionPolicy.enabled", "true" },
        { "Microsoft.Storage/storageAccounts/blobServices/containers", "properties.publicAccess", "None" },
        { "Microsoft.KeyVault/vaults", "properties.enableRbacAuthorization", "true" },
        { "Microsoft.KeyVault/vaults", "properties.enableSoftDelete", "true" },
        { "Microsoft.KeyVault/vaults", "properties.softDeleteRetentionInDays", "90" },
        { "Microsoft.KeyVault/vaults", "properties.enablePurgeProtection", "true" },
        { "Microsoft.KeyVault/vaults", "properties.publicNetworkAccess", "[if(parameters('privateOnly'), 'Disabled', 'Enabled')]" },
        { "Microsoft.KeyVault/vaults", "properties.networkAcls.defaultAction", "[if(parameters('privateOnly'), 'Deny', 'Allow')]" },
        { "Microsoft.Insights/components", "properties.DisableLocalAuth", "true" },
        { "Microsoft.OperationalInsights/workspaces", "properties.features.disableLocalAuth", "true" },
        { "Microsoft.Web/sites", "properties.httpsOnly", "true" },
        { "Microsoft.Web/sites", "properties.siteConfig.minTlsVersion", "1.2" },
        { "Microsoft.Web/sites", "properties.siteConfig.scmMinTlsVersion", "1.2" },
        { "Microsoft.Web/sites", "properties.siteConfig.ftpsState", "Disabled" },
        { "Microsoft.Web/sites", "properties.siteConfig.remoteDebuggingEnabled", "false" },
        { "Microsoft.Web/sites", "identity.type", "UserAssigned" },
        { "Microsoft.Web/sites", "properties.functionAppConfig.deployment.storage.authentication.type", "UserAssignedIdentity" },
        { "Microsoft.Web/sites/basicPublishingCredentialsPolicies", "properties.allow", "false" },
    };

    /// <summary>Every resource of main.bicep on which somebody gets something, with the ids of Azure's roles. No other right is given.</summary>
    public static TheoryData<string, string[]> Rights => new()
    {
        {
            "fleet", [
                "b7e6dc6d-f1e8-4753-8033-0f276bb0955b", // Storage Blob Data Owner
                "974c5e8b-45b9-4653-ba55-5f855dd0fb88", // Storage Queue Data Contributor
                "7ee386e9-84f0-448e-80a6-f185f6533131", // Storage Queue Delegator
                "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3", // Storage Table Data Contributor
            ]
        },
        {
            "reporting", [
                "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3", // Storage Table Data Contributor
                "76199698-9eea-4c19-bc75-cec21354c6b6", // Storage Table Data Reader: analysts
            ]
        },
        { "vault", ["b86a8fe4-44ce-4948-aee5-eccb2c155cd7"] }, // Key Vault Secrets Officer
        { "monitoring", ["3913510d-42f4-4e42-8a64-420c390055eb"] }, // Monitoring Metrics Publisher
    };

    [Fact]
    public async Task It_builds_and_lints_without_a_word()
    {
        Assert.Equal("", (await CompiledTemplate.GetAsync()).Said);
        Assert.Equal(("", "", 0), await Bicep.RunAsync(["lint", "main.bicepparam"])); // and all that it uses
    }

    [Theory]
    [MemberData(nameof(Secure))]
    public async Task Every_resource_is_closed(string type, string path, string expected)
    {
        var resources = (await CompiledTemplate.GetAsync()).OfType(type).ToList();

        Assert.NotEmpty(resources);
        Assert.All(resources, resource => Assert.Equal(expected, CompiledTemplate.At(resource.Json, path)?.ToString()));
    }

    [Fact]
    public async Task Fleet_and_figures_are_in_accounts_of_their_own_and_user_name_and_password_are_off_both_ways()
    {
        var template = await CompiledTemplate.GetAsync();

        Assert.Equal(["fleet", "reporting"], template.OfType("Microsoft.Storage/storageAccounts").Select(account => account.Module));
        Assert.Equal(["ftp", "scm"], template.OfType("Microsoft.Web/sites/basicPublishingCredentialsPolicies")
            .Select(policy => LastPart().Match((string)policy.Json["name"]!).Groups[1].Value));
    }

    [Theory]
    [MemberData(nameof(Rights))]
    public async Task Rights_are_these_and_no_other(string module, string[] roles)
    {
        var template = await CompiledTemplate.GetAsync();
        var known = template.Main["variables"]!["roles"]!.AsObject();
        var given = template.Module(module)["properties"]!["parameters"]!["assignments"]!.ToJsonString();

        Assert.Equal(roles.Order(StringComparer.Ordinal),
            Role().Matches(given).Select(m => (string)known[m.Groups[1].Value]!).Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Every_right_is_on_one_resource_and_named_by_what_it_gives_on_what_to_whom()
    {
        var assignments = (await CompiledTemplate.GetAsync()).OfType("Microsoft.Authorization/roleAssignments").ToList();

        Assert.Equal(Rights.Select(row => row.Data.Item1).Order(StringComparer.Ordinal),
            assignments.Select(assignment => assignment.Module).Order(StringComparer.Ordinal));
        Assert.All(assignments, assignment =>
        {
            var scope = (string)assignment.Json["scope"]!;
            Assert.Matches(ResourceScope(), scope);
            Assert.Equal(
                $"[guid({scope[1..^1]}, parameters('assignments')[copyIndex()].principalId, parameters('assignments')[copyIndex()].role)]",
                (string?)assignment.Json["name"]);
            Assert.Equal("[parameters('assignments')[copyIndex()].principalType]", (string?)assignment.Json["properties"]!["principalType"]);
        });
    }

    [Fact]
    public async Task No_key_is_asked_for_anywhere()
    {
        var template = await CompiledTemplate.GetAsync();

        Assert.DoesNotMatch(AsksForKey(), template.Text);
        Assert.All(template.Main["outputs"]!.AsObject(), output =>
            Assert.DoesNotMatch(NamesSecret(), $"{output.Key} {output.Value!["value"]}"));
    }

    [Fact]
    public async Task A_network_with_private_endpoints_is_made_only_when_it_is_asked_for()
    {
        var template = await CompiledTemplate.GetAsync();
        const string Asked = "[parameters('privateNetworking')]";

        Assert.Equal(Asked, (string?)template.Module("network")["condition"]);
        Assert.Equal(["network"], template.Resources.Where(resource => ((string)resource.Json["type"]!).StartsWith("Microsoft.Network/", StringComparison.Ordinal))
            .Select(resource => resource.Module).Distinct());
        Assert.All(["fleet", "reporting", "vault"], module =>
            Assert.Equal(Asked, (string?)template.Module(module)["properties"]!["parameters"]!["privateOnly"]!["value"]));
        var targets = template.Module("network")["properties"]!["parameters"]!["targets"]!["value"]!.AsArray();
        Assert.Equal(["fleet-blob", "fleet-queue", "fleet-table", "reporting-table", "vault"], targets.Select(target => (string)target!["name"]!));
        Assert.All(targets, target => Assert.EndsWith((string)target!["service"]!, (string)target["name"]!, StringComparison.Ordinal));
        Assert.Contains("parameters('privateNetworking')", (string)template.Module("functions")["properties"]!["parameters"]!["subnetId"]!["value"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_app_runs_this_framework_on_Flex_Consumption_as_its_one_identity()
    {
        var template = await CompiledTemplate.GetAsync();
        var app = template.OfType("Microsoft.Web/sites").Single().Json;

        Assert.Equal("FC1", (string?)template.OfType("Microsoft.Web/serverfarms").Single().Json["sku"]!["name"]);
        Assert.Equal("dotnet-isolated", (string?)CompiledTemplate.At(app, "properties.functionAppConfig.runtime.name"));
        Assert.Equal($"{Environment.Version.Major}.0", (string?)CompiledTemplate.At(app, "properties.functionAppConfig.runtime.version"));
        Assert.Single(template.OfType("Microsoft.ManagedIdentity/userAssignedIdentities"));
        Assert.Single(app["identity"]!["userAssignedIdentities"]!.AsObject());
        Assert.Contains("'azd-service-name', 'functions'", (string)app["tags"]!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("DASHBOARD_URL", "/api/dashboard/")]
    [InlineData("FUNCTION_APP_NAME", "outputs.name")]
    [InlineData("SERVICE_FUNCTIONS_NAME", "outputs.name")]
    [InlineData("REPORTING_STORAGE_ACCOUNT_NAME", "reference('reporting')")]
    public async Task Who_deploys_is_told(string output, string value) =>
        Assert.Contains(value, (string)(await CompiledTemplate.GetAsync()).Main["outputs"]![output]!["value"]!, StringComparison.Ordinal);

    /// <summary>Else what runs depends on whether it was deployed with the parameter file.</summary>
    [Fact]
    public async Task The_parameter_file_says_every_parameter_and_where_nothing_is_set_the_default()
    {
        var template = await CompiledTemplate.GetAsync();
        var parameters = template.Main["parameters"]!.AsObject();

        Assert.Equal(parameters.Select(parameter => parameter.Key).Except(["entraTenantId"]).Order(StringComparer.Ordinal),
            template.Values.Select(value => value.Key).Order(StringComparer.Ordinal));
        Assert.All(template.Values.Where(value => parameters[value.Key]!["defaultValue"] is not null), value =>
            Assert.Equal(parameters[value.Key]!["defaultValue"]!.ToJsonString(), value.Value!["value"]!.ToJsonString()));
    }

    [Fact]
    public async Task Lists_are_written_with_commas()
    {
        var (parameters, _, said) = await CompiledTemplate.BuildAsync(
            ("ATP_ANALYST_GROUP_IDS", "first, second"), ("ATP_ALWAYS_READY", "http=1, function:IngestReports=2"), ("ATP_PRIVATE_NETWORKING", "true"));

        Assert.Equal("", said);
        Assert.Equal(["first", "second"], parameters["analystGroupIds"]!["value"]!.AsArray().Select(id => (string)id!));
        Assert.Equal([("http", 1), ("function:IngestReports", 2)],
            parameters["alwaysReady"]!["value"]!.AsArray().Select(group => ((string)group!["name"]!, (int)group["instanceCount"]!)));
        Assert.True((bool)parameters["privateNetworking"]!["value"]!);
    }

    [Fact]
    public async Task Everything_that_can_be_set_is_on_the_page()
    {
        var set = Variable().Matches(await File.ReadAllTextAsync(Path.Combine(CompiledTemplate.Folder, "main.bicepparam"), TestContext.Current.CancellationToken));
        var explained = ExplainedVariable().Matches(await File.ReadAllTextAsync(Path.Combine(CompiledTemplate.Folder, "README.md"), TestContext.Current.CancellationToken));

        Assert.Equal(set.Select(m => m.Groups[1].Value).Order(StringComparer.Ordinal), explained.Select(m => m.Groups[1].Value).Distinct().Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("shardCount", nameof(SiteOptions.ShardCount))]
    [InlineData("configurationManagerVersion", nameof(SiteOptions.ConfigurationManagerVersion))]
    [InlineData("inactiveAfterDays", nameof(SiteOptions.InactiveAfterDays))]
    [InlineData("checkInMinutes", nameof(SiteOptions.CheckInMinutes))]
    [InlineData("keepDeletedDays", nameof(SiteOptions.KeepDeletedDays))]
    [InlineData("keepDays", nameof(SiteOptions.KeepDays))]
    public async Task What_the_site_takes_is_what_the_template_takes(string parameter, string option)
    {
        var taken = (await CompiledTemplate.GetAsync()).Main["parameters"]![parameter]!;
        var property = typeof(SiteOptions).GetProperty(option)!;

        Assert.Equal((int)property.GetValue(new SiteOptions())!, (int)taken["defaultValue"]!);
        if (property.GetCustomAttribute<AllowedValuesAttribute>() is { } allowed)
        {
            Assert.Equal(allowed.Values.Cast<int>(), taken["allowedValues"]!.AsArray().Select(value => (int)value!));
            return;
        }

        var range = property.GetCustomAttribute<RangeAttribute>()!;
        var highest = option == nameof(SiteOptions.KeepDeletedDays) ? (await VaultDaysAsync()) - 1 : (int)range.Maximum;
        Assert.Equal(((int)range.Minimum, highest), ((int)taken["minValue"]!, (int)taken["maxValue"]!));
    }

    private static async Task<int> VaultDaysAsync() =>
        (int)CompiledTemplate.At((await CompiledTemplate.GetAsync()).OfType("Microsoft.KeyVault/vaults").Single().Json, "properties.softDeleteRetentionInDays")!;

    [GeneratedRegex(@"'([a-z]+)'\)\]$")]
    private static partial Regex LastPart();

    [GeneratedRegex(@"variables\(\\u0027roles\\u0027\)\.([A-Za-z]+)")]
    private static partial Regex Role();

    [GeneratedRegex(@"^\[resourceId\('Microsoft\.(Storage/storageAccounts|KeyVault/vaults|Insights/components)', parameters\('[A-Za-z]+'\)\)\]$")]
    private static partial Regex ResourceScope();

    [GeneratedRegex(@"\blist[A-Z][A-Za-z]*\(|AccountKey|SharedAccess|sharedKeys|DefaultEndpointsProtocol", RegexOptions.None)]
    private static partial Regex AsksForKey();

    [GeneratedRegex("key'|secret|password|connectionString|instrumentation", RegexOptions.IgnoreCase)]
    private static partial Regex NamesSecret();

    [GeneratedRegex(@"readEnvironmentVariable\('([A-Z_]+)'")]
    private static partial Regex Variable();

    [GeneratedRegex(@"^\| `([A-Z_]+)` \|", RegexOptions.Multiline)]
    private static partial Regex ExplainedVariable();
}
