namespace Atp.Core.Site;

/// <summary>What of a policy can get lost.</summary>
public enum PolicyPart
{
    ConfigurationFile,
    WorkspaceKey,
}

/// <summary>A part of a policy is not what the policy names, so that devices don't get it. There until it is good again.</summary>
/// <param name="PolicyId">The policy.</param>
/// <param name="Part">What of it.</param>
/// <param name="Expected">The file's SHA-256, or the key's version in Key Vault.</param>
/// <param name="Actual">The SHA-256 of what is there; null when there is nothing.</param>
/// <param name="SeenAt">When it was last found so, UTC.</param>
public sealed record PolicyAlarm(string PolicyId, PolicyPart Part, string Expected, string? Actual, DateTimeOffset SeenAt)
{
    public string Warning => Part == PolicyPart.ConfigurationFile
        ? $"The configuration file of policy {PolicyId} is damaged: storage has {(Actual is null ? "none" : $"one with SHA-256 {Actual}")} in place of "
            + $"{Expected}. Devices don't get it. Find out who changed it, and upload the file to the policy again."
        : $"Key Vault has lost the Workspace key of policy {PolicyId}, version {Expected}. Devices don't get it. Recover the secret, or set the key again.";
}
