using Atp.Cli.Client;

namespace Atp.Cli.Devices;

/// <summary>Says of a device in a sentence what the service decided, and why. Decides nothing itself.</summary>
internal static class DeviceExplanation
{
    private const string Success = "Success";
    private const string Error = "Error";

    /// <summary>The deployment that decides.</summary>
    public static TargetAnswer? Effective(DeviceAnswer device) => device.Targets.FirstOrDefault(target => target.Effective);

    public static string Sentence(DeviceAnswer device) => $"{device.Name ?? device.Id} {State(device)}: {Why(Reason(device).Text)}";

    /// <summary>What the reason asks for first, then what else is not as it should be.</summary>
    public static IEnumerable<string> WhatToDo(DeviceAnswer device) =>
        new[] { Reason(device).WhatToDo, device.RetirementMessage is null ? device.FileSamplesMessage?.WhatToDo : null }.OfType<string>().Distinct();

    private static string State(DeviceAnswer device)
    {
        if (device.RetirementMessage is not null)
        {
            return "is retired";
        }

        return (Effective(device), device.Health) switch
        {
            (null, _) => "is not managed",
            ({ Kind: "Offboarding", Status: Success }, _) => "is offboarded",
            ({ Kind: "Offboarding" }, _) => "is to be offboarded, and is not yet",
            (_, "Healthy") => "is onboarded, and its agent is healthy",
            (_, "Inactive") => "is onboarded, but inactive",
            (_, "AgentState") => "is onboarded, but its agent does not run",
            (_, "NeverReached") => "is not onboarded, for it was never reached",
            _ => "is not onboarded",
        };
    }

    /// <summary>Why a policy failed says more than that the device is not onboarded.</summary>
    public static MessageAnswer Reason(DeviceAnswer device)
    {
        var effective = Effective(device);
        return device.RetirementMessage
            ?? (effective is null ? Unmanaged
                : effective.Status == Error || effective.Kind == "Offboarding" ? effective.Message
                : device.HealthMessage ?? effective.Message);
    }

    private static MessageAnswer Unmanaged { get; } = new()
    {
        Text = "No deployment: no policy is deployed to a collection that it is a member of.",
        WhatToDo = "Deploy a policy to a collection that has it, or add it to a collection with `atp collection add`.",
    };

    /// <summary>Without the word for the state, which the sentence has said.</summary>
    private static string Why(string text) => text.IndexOf(": ", StringComparison.Ordinal) is var end and >= 0 ? text[(end + 2)..] : text;
}
