using Atp.Core.Errors;
using Atp.Core.Secrets;
using Atp.Core.Site;

namespace Atp.Core.Policies;

/// <summary>
/// What policies name and devices get: the file in Blob storage and the Workspace key in Key Vault. What isn't as the policy names it
/// reaches no device, and raises an alarm.
/// </summary>
public sealed class PolicyMaterial(PolicyTable table, PolicyFiles files, SecretStore secrets, PolicyAlarms alarms)
{
    public const string SecretPrefix = "policy-";
    public const string SecretSuffix = "-workspace-key";

    public static string SecretName(string policyId) => $"{SecretPrefix}{policyId}{SecretSuffix}";

    /// <summary>The file for a device, byte for byte as uploaded.</summary>
    /// <exception cref="DomainException">Unavailable: what is stored is not what the policy names. That raises an alarm.</exception>
    public async Task<BinaryData> ConfigurationFileAsync(string policyId, ConfigurationFileFacts facts, CancellationToken ct)
    {
        var file = await files.GetAsync(policyId, facts.Sha256, ct);
        if (file.Content is null)
        {
            await alarms.RaiseAsync(policyId, PolicyPart.ConfigurationFile, facts.Sha256, file.Sha256, ct);
            throw new DomainError(ErrorKind.Unavailable, "configuration.damaged",
                "The stored configuration file is damaged, and is not delivered. Ask an administrator to upload it again.").ToException();
        }

        return file.Content;
    }

    /// <summary>The Workspace key for a down-level device.</summary>
    /// <exception cref="DomainException">Unavailable: Key Vault has lost the version that the policy names. That raises an alarm.</exception>
    public async Task<string> WorkspaceKeyAsync(string policyId, Workspace workspace, CancellationToken ct)
    {
        if (await secrets.FindAsync(SecretName(policyId), workspace.KeyVersion, ct) is { } key)
        {
            return key;
        }

        await alarms.RaiseAsync(policyId, PolicyPart.WorkspaceKey, workspace.KeyVersion, null, ct);
        throw new DomainError(ErrorKind.Unavailable, "workspace.key-lost",
            "The Workspace key is lost. Ask an administrator to recover it in Key Vault, or to set it again.").ToException();
    }

    /// <summary>
    /// For <c>Reconcile</c>: looks whether files and keys are what policies name, raises alarms, and clears those whose cause is gone.
    /// </summary>
    /// <param name="onlyAlarmed">Only policies with an alarm; else all in use.</param>
    /// <param name="ct">Cancels.</param>
    public async Task VerifyAsync(bool onlyAlarmed, CancellationToken ct)
    {
        var standing = (await alarms.ListAsync(ct)).ToLookup(alarm => alarm.PolicyId, alarm => alarm.Part);
        if (onlyAlarmed && standing.Count == 0)
        {
            return;
        }

        var inUse = await table.ListAsync(ct).Where(policy => policy.InUse).ToDictionaryAsync(policy => policy.Id, cancellationToken: ct);
        foreach (var gone in standing.Where(alarm => !inUse.ContainsKey(alarm.Key)))
        {
            await ClearAlarmsAsync(gone.Key, ct);
        }

        foreach (var policy in inUse.Values.Where(policy => !onlyAlarmed || standing.Contains(policy.Id)))
        {
            await VerifyAsync(policy, [.. standing[policy.Id]], ct);
        }
    }

    /// <param name="policy">One in use.</param>
    /// <param name="alarmed">The parts with an alarm; null when that isn't known.</param>
    /// <param name="ct">Cancels.</param>
    internal async Task VerifyAsync(Policy policy, IReadOnlyCollection<PolicyPart>? alarmed, CancellationToken ct)
    {
        var (facts, workspace) = (policy.Current.ConfigurationFile, policy.Current.Workspace);
        var file = await files.ReadAsync(policy.Id, facts.Sha256, ct);
        if (file.Content is null)
        {
            await alarms.RaiseAsync(policy.Id, PolicyPart.ConfigurationFile, facts.Sha256, file.Sha256, ct);
        }
        else if (alarmed?.Contains(PolicyPart.ConfigurationFile) ?? true)
        {
            await alarms.ClearAsync(policy.Id, PolicyPart.ConfigurationFile, ct);
        }

        if (workspace is not null && !await secrets.ExistsAsync(SecretName(policy.Id), workspace.KeyVersion, ct))
        {
            await alarms.RaiseAsync(policy.Id, PolicyPart.WorkspaceKey, workspace.KeyVersion, null, ct);
        }
        else if (alarmed?.Contains(PolicyPart.WorkspaceKey) ?? true)
        {
            await alarms.ClearAsync(policy.Id, PolicyPart.WorkspaceKey, ct);
        }
    }

    internal async Task ClearAlarmsAsync(string id, CancellationToken ct)
    {
        foreach (var part in Enum.GetValues<PolicyPart>())
        {
            await alarms.ClearAsync(id, part, ct);
        }
    }
}
