namespace Atp.Functions.Http;

/// <summary>App roles of administrators.</summary>
public static class Roles
{
    public const string PoliciesRead = "Policies.Read";
    public const string PoliciesReadWrite = "Policies.ReadWrite";
    public const string DeploymentsReadWrite = "Deployments.ReadWrite";
    public const string DevicesReadWrite = "Devices.ReadWrite";
    public const string HealthRead = "Health.Read";
    public const string AuditRead = "Audit.Read";

    /// <summary>Those that exist.</summary>
    public static IReadOnlyList<string> All { get; } = [PoliciesRead, PoliciesReadWrite, DeploymentsReadWrite, DevicesReadWrite, HealthRead, AuditRead];
}

/// <summary>Who may call a function. One without any of these answers 403.</summary>
[AttributeUsage(AttributeTargets.Method)]
public abstract class AccessAttribute : Attribute;

/// <summary>Administrators with any of these app roles.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class AdministratorAccessAttribute(params string[] roles) : AccessAttribute
{
    public IReadOnlyList<string> Roles { get; } = roles;
}

/// <summary>Anybody, without a credential: for what says nothing about a site.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PublicAccessAttribute : AccessAttribute;

/// <summary>Devices, with their own credential.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class DeviceAccessAttribute : AccessAttribute;
