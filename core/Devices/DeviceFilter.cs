using Atp.Core.Collections;
using Atp.Core.Deployments;
using Atp.Core.Errors;
using Atp.Core.Health;
using Atp.Core.Requests;
using Atp.Core.Site;

namespace Atp.Core.Devices;

/// <summary>Which devices a list names: all conditions hold. So every figure and every status has a list of the devices behind it.</summary>
public sealed record DeviceFilter
{
    public string Scope { get; init; } = ScopeFigures.Site;

    /// <summary>A figure of that scope; null: all of its devices.</summary>
    public Figure? Figure { get; init; }

    /// <summary>A live deployment that targets the device.</summary>
    public string? DeploymentId { get; init; }

    /// <summary>How that one stands on it; null: in any way.</summary>
    public AssignmentStatus? Status { get; init; }

    /// <summary>With <c>*</c> and <c>?</c>; in any case.</summary>
    public string? NamePattern { get; init; }

    /// <summary>For <see cref="FigureScopes.OtherOrganisations"/>: the scopes of those that are not among the others.</summary>
    public IReadOnlySet<string> NamedOrganisations { get; init; } = new HashSet<string>();

    public bool Holds(Device device, DeviceDecision decision) =>
        (NamePattern is null || Membership.Like(NamePattern, device.Inventory.Name))
        && FigureScopes.Of(device, decision).Any(IsScope)
        && (Figure is not { } figure || figure.Counts(FigureScopes.Within(Scope, decision)))
        && (DeploymentId is null || decision.Targets.Any(t => t.Deployment.Id == DeploymentId && (Status is null || t.Status == Status)));

    private bool IsScope(string scope) => scope == Scope
        || (Scope == FigureScopes.OtherOrganisations && FigureScopes.IsOf(FigureScopes.Organisation, scope) && !NamedOrganisations.Contains(scope));
}

/// <summary>What a caller asks a list of devices for, as it was written; null for what isn't asked.</summary>
/// <param name="Scope">As the figures name it: <c>site</c>, <c>platform!UpLevel</c>, <c>collection!…</c>.</param>
/// <param name="Health">A <see cref="Figure"/> of that scope.</param>
/// <param name="DeploymentId">A live deployment.</param>
/// <param name="Status">An <see cref="AssignmentStatus"/> of that deployment.</param>
/// <param name="Name">A pattern of the computer's name.</param>
/// <param name="Retired">Those that are retired, in place of those in use.</param>
public sealed record DeviceQuery(string? Scope, string? Health, string? DeploymentId, string? Status, string? Name, bool Retired = false)
{
    /// <summary>Whether the site has what it names.</summary>
    public bool IsKnownTo(SiteSnapshot site) => ScopeError(site) is null && (DeploymentId is null || IsLive(DeploymentId, site));

    /// <exception cref="DomainException">Invalid, by field.</exception>
    public DeviceFilter ToFilter(SiteSnapshot site)
    {
        var errors = new FieldErrors();
        if (ScopeError(site) is { } wrong)
        {
            errors.Add("scope", "device.scope-invalid", wrong);
        }

        if (DeploymentId is not null && !IsLive(DeploymentId, site))
        {
            errors.Add("deploymentId", "device.deployment-not-live", "There is no such deployment, or it has ended and targets nobody any more.");
        }

        if (Status is not null && DeploymentId is null)
        {
            errors.Add("status", "device.status-of-nothing", "A status is that of a deployment: name it as deploymentId.");
        }

        if (Name is not null && (Name.Length > CollectionService.MaxPattern || Name.Any(char.IsControl)))
        {
            errors.Add("name", "device.name-pattern-invalid",
                $"A name pattern has 1 to {CollectionService.MaxPattern} characters, none of them a control character.");
        }

        var filter = new DeviceFilter
        {
            Scope = CanonicalScope(),
            Figure = OneOf<Figure>("health", Health, errors),
            DeploymentId = DeploymentId,
            Status = OneOf<AssignmentStatus>("status", Status, errors),
            NamePattern = Name,
        };
        errors.ThrowIfAny();
        return filter;
    }

    private static T? OneOf<T>(string field, string? text, FieldErrors errors)
        where T : struct, Enum
    {
        if (text is null)
        {
            return null;
        }

        if (!EnumByName.TryParse<T>(text, out var value))
        {
            errors.Add(field, $"device.{field}-invalid", $"It is one of {string.Join(", ", Enum.GetNames<T>())}.");
        }

        return value;
    }

    private static bool IsLive(string deploymentId, SiteSnapshot site) => site.Deployments.Any(d => d.Id == deploymentId);

    /// <summary>As figures have it, also when it was typed: organisations are in lower case, platforms in their own.</summary>
    private string CanonicalScope()
    {
        var scope = Scope ?? ScopeFigures.Site;
        var key = FigureScopes.KeyOf(scope);
        return FigureScopes.IsOf(FigureScopes.Organisation, scope) ? scope.ToLowerInvariant()
            : FigureScopes.IsOf(FigureScopes.Platform, scope) && EnumByName.TryParse<Platform>(key, out var platform)
                ? $"{FigureScopes.Platform}!{platform}"
            : scope;
    }

    private string? ScopeError(SiteSnapshot site)
    {
        if (Scope is null or ScopeFigures.Site)
        {
            return null;
        }

        var (kind, key) = (FigureScopes.KindOf(Scope), FigureScopes.KeyOf(Scope));
        return (key == Scope || key.Length == 0 ? "" : kind) switch
        {
            FigureScopes.Platform => EnumByName.TryParse<Platform>(key, out _)
                ? null : $"A platform is one of {string.Join(", ", Enum.GetNames<Platform>())}.",
            FigureScopes.OperatingSystem => PlatformRules.Names.Contains(key) ? null : "There is no operating system of this name in the rule set.",
            FigureScopes.Collection => site.Collections.ContainsKey(key) ? null : "There is no such collection.",
            FigureScopes.Deployment => IsLive(key, site) ? null : "There is no such deployment, or it has ended and targets nobody any more.",
            FigureScopes.Organisation => null,
            _ => $"A scope is site, or one of {string.Join(", ", FigureScopes.Kinds)} with ! and a key.",
        };
    }
}
