using System.Text.Json;
using System.Text.Json.Serialization;
using Atp.Core.Devices;
using Atp.Core.Policies;
using Atp.Core.Requests;

namespace Atp.Core.Agent;

/// <summary>
/// One signed report as it travels. A queue message (<see cref="ReportMessage"/>) holds one of these, or an array of them, in UTF-8.
/// </summary>
/// <param name="DeviceId">Who reports.</param>
/// <param name="KeyVersion">The version of the key it signed with.</param>
/// <param name="Body">The JSON text of a <see cref="DeviceReport"/>; the signature covers its exact UTF-8 bytes.</param>
/// <param name="Signature">Base64, by <see cref="DeviceSigning.SignReport"/>.</param>
public sealed record SignedReport(string DeviceId, int KeyVersion, string Body, string Signature)
{
    public int V { get; init; } = 1;
}

/// <summary>
/// The health state of the WindowsAdvancedThreatProtection CSP and, after a policy was applied, the result.
/// </summary>
public sealed record DeviceReport
{
    /// <summary>The device's clock, UTC: orders its reports. More than 5 minutes in the future is refused.</summary>
    public required DateTimeOffset ReportedAt { get; init; }

    /// <summary>Last successful contact of the agent with its service; null when there was none.</summary>
    public DateTimeOffset? LastConnected { get; init; }

    public required bool SenseIsRunning { get; init; }

    /// <summary>0 not onboarded, 1 onboarded.</summary>
    public required int OnboardingState { get; init; }

    public string? OrgId { get; init; }

    /// <summary>SampleSharing of the CSP: 0 is None, 1 AllFileTypes.</summary>
    public FileSamples? FileSamples { get; init; }

    /// <summary>With <see cref="Revision"/> and <see cref="Result"/>: what applying the policy came to.</summary>
    public string? DeploymentId { get; init; }

    public int? Revision { get; init; }

    public AssignmentResult? Result { get; init; }

    /// <summary>
    /// The code of a failure: <c>script:15</c> for an event of the onboarding script, <c>sense:15</c> for one of the SENSE log
    /// (the two share numbers), <c>0x87D1FDE8</c> for an error of the management client. A plain number is the script's.
    /// </summary>
    public string? ErrorCode { get; init; }

    /// <summary>How reports are written and read: camelCase, enums by name, unknown fields refused.</summary>
    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web)
    {
        NumberHandling = JsonNumberHandling.Strict,
        PropertyNameCaseInsensitive = false,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        MaxDepth = 4,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new EnumByName() },
    };

    /// <returns>Null when the body isn't one, or says what no agent could honestly send.</returns>
    internal static DeviceReport? TryParse(ReadOnlySpan<byte> body)
    {
        try
        {
            return JsonSerializer.Deserialize<DeviceReport>(body, Json) is { } report && report.IsPlausible() ? report : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    internal AgentHealth ToHealth() => new(ReportedAt.ToUniversalTime(), LastConnected?.ToUniversalTime(), SenseIsRunning, OnboardingState, OrgId, FileSamples);

    /// <summary>Whether every value is one that an agent could honestly send.</summary>
    private bool IsPlausible() =>
        OnboardingState is 0 or 1
        && ReportedAt.Year >= 2000 && LastConnected is not { Year: < 1970 }
        && OrgId is not { Length: > 64 } && ErrorCode is not { Length: > 64 }
        && (DeploymentId is null) == (Revision is null) && (DeploymentId is null) == (Result is null)
        && (DeploymentId is null || (Guid.TryParseExact(DeploymentId, "D", out _) && Revision >= 1));
}
