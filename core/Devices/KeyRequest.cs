using Atp.Core.Errors;
using Atp.Core.Requests;

namespace Atp.Core.Devices;

/// <summary>One request for the keys of one or many devices: what each of them gets, and whether it has it already.</summary>
/// <param name="request">The request; a repeat of it gives out the same keys.</param>
/// <param name="mark">What its devices carry; null when neither a repeat nor a second attempt is to be recognised.</param>
/// <param name="newKey">Replace keys that were handed out before.</param>
/// <param name="generation">Of the enrollment key that is handed out.</param>
/// <param name="clock">Tells the versions of the keys.</param>
internal sealed class KeyRequest(ChangeRequest request, string? mark, bool newKey, int generation, TimeProvider clock)
{
    /// <summary>Whether the device's current key was given out by this very request.</summary>
    /// <exception cref="DomainException">It was by one with the same id that asked for something else.</exception>
    public bool HasGivenTo(Device device) => mark is not null && request.HasMarked(device.EnrollmentRequest, mark);

    /// <summary>Whether the device is still to be given its key.</summary>
    /// <exception cref="DomainException">It can't be given one.</exception>
    public bool IsToGive(Device device) =>
        !HasGivenTo(device) && (RefusalOf(device) is { } refused ? throw refused.ToException() : true);

    /// <summary>Why a device, or one that isn't there, can't be given a key; null when it can.</summary>
    public DomainError? RefusalOf(Device? device) => device switch
    {
        null => DeviceLife.NotFound,
        { Deleting: true } => DomainError.Conflict("device.deleting", "The device is being deleted. Create it again before it is enrolled."),
        { Retired: not null } => DomainError.Conflict("device.retired", "The device is retired. Reinstate it before it is enrolled."),
        { KeyVersion: > 0 } when !newKey => DomainError.Conflict("device.enrolled",
            "The device has a key already, and it is handed out only once. Ask for a new key if it was lost."),
        _ => null,
    };

    public Device GiveTo(Device device) => device with
    {
        KeyVersion = device.NextKeyVersion(clock.GetUtcNow()),
        KeyGeneration = generation,
        EnrollmentRequest = mark,
    };
}
