namespace Atp.Cli.Client;

/// <summary>What to do next, in terms of this command, where the service can't know it.</summary>
internal static class ProblemHints
{
    /// <summary>By the code, or by the field that names what isn't there.</summary>
    private static readonly Dictionary<string, string> Lists = new()
    {
        ["policy.not-found"] = "`atp policy list` shows those that there are, `atp policy list --deleted` those that can be recovered.",
        ["collection.not-found"] = "`atp collection list` shows those that there are.",
        ["deployment.not-found"] = "`atp deployment list` shows those that there are.",
        ["device.not-found"] = "`atp device list --name PATTERN` finds one by its name, `--retired` among those out of use.",
    };

    private static readonly Dictionary<string, string> ListOfField = new()
    {
        ["policyId"] = "policy.not-found",
        ["collectionIds"] = "collection.not-found",
        ["includeCollectionIds"] = "collection.not-found",
        ["excludeCollectionIds"] = "collection.not-found",
        ["limitingCollectionId"] = "collection.not-found",
    };

    public static IEnumerable<string> For(ProblemException problem)
    {
        switch (problem.Status)
        {
            case 401:
                yield return "A token comes from --token-file, from ATP_TOKEN, or from the local stack that runs in --data. For a service in Azure: "
                    + "az account get-access-token --scope api://CLIENT-ID/.default --query accessToken --output tsv";
                break;
            case 403 when problem.Code == "role.missing":
                yield return "`atp status` shows your roles, if you have any. Whoever administers the Entra application assigns them; then get a new token.";
                break;
        }

        var codes = problem.Errors.Where(error => error.Value.Any(detail => detail.StartsWith("There is no ", StringComparison.Ordinal)))
            .Select(error => ListOfField.GetValueOrDefault(error.Key)).Append(problem.Code).OfType<string>().Distinct();
        foreach (var code in codes)
        {
            if (Lists.TryGetValue(code, out var hint))
            {
                yield return hint;
            }
        }
    }
}
