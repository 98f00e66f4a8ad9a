using Atp.Core.Deployments;
using Atp.Core.Devices;
using Atp.Core.Storage;

namespace Atp.Core.Health;

/// <summary>Which scopes a device is counted in: <c>{kind}!{key}</c>, or <c>site</c>.</summary>
public static class FigureScopes
{
    public const string Platform = "platform";
    public const string OperatingSystem = "os";
    public const string Collection = "collection";
    public const string Deployment = "deployment";
    public const string Organisation = "organisation";

    /// <summary>Devices of organisations that have no scope of their own, since there are too many or the id can be no key.</summary>
    public const string OtherOrganisations = "organisation!other";

    /// <summary>The kinds of scopes beside the site itself.</summary>
    public static IReadOnlyList<string> Kinds { get; } = [Platform, OperatingSystem, Collection, Deployment, Organisation];

    /// <summary>Every scope of a device, whether it gets figures of its own or not.</summary>
    public static IEnumerable<string> Of(Device device, DeviceDecision decision)
    {
        yield return ScopeFigures.Site;
        yield return $"{Platform}!{decision.OperatingSystem.Platform}";
        yield return $"{OperatingSystem}!{decision.OperatingSystem.Name}";
        foreach (var collectionId in device.Collections)
        {
            yield return $"{Collection}!{collectionId}";
        }

        foreach (var target in decision.Targets)
        {
            yield return $"{Deployment}!{target.Deployment.Id}";
        }

        if (device.Health?.OnboardedTo is { Length: > 0 } organisation)
        {
            yield return IsKey(organisation) ? $"{Organisation}!{organisation.ToLowerInvariant()}" : OtherOrganisations;
        }
    }

    /// <summary>
    /// What a decision says within one scope. A deployment answers for the health of the devices that it holds; of those that
    /// another one holds it says only that they are targeted.
    /// </summary>
    public static DeviceDecision Within(string scope, DeviceDecision decision) =>
        !IsOf(Deployment, scope) || decision.Winner?.Deployment.Id == KeyOf(scope)
            ? decision
            : decision with { Health = null, IsOffboarding = false, FileSamplesDrifted = false };

    public static string KindOf(string scope) => scope.Split(RowKeys.Separator, 2)[0];

    public static bool IsOf(string kind, string scope) =>
        scope.Length > kind.Length && scope[kind.Length] == RowKeys.Separator && scope.StartsWith(kind, StringComparison.Ordinal);

    /// <summary>Without its kind; <c>site</c> is its own key.</summary>
    public static string KeyOf(string scope) => scope[(scope.IndexOf(RowKeys.Separator, StringComparison.Ordinal) + 1)..];

    // Devices send it; what a row's key can't hold must not stop a roll-up.
    private static bool IsKey(string organisation) => organisation.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_');
}
