namespace Atp.Cli.Simulation;

/// <summary>How far a device has come, by what it did itself.</summary>
public enum Deed
{
    /// <summary>It never checked in.</summary>
    Nothing,

    /// <summary>It checked in, and there was nothing for it to apply.</summary>
    CheckedIn,

    /// <summary>It took instructions.</summary>
    Fetched,

    /// <summary>It reported that it could not apply them.</summary>
    ReportedFailure,

    /// <summary>It reported that they are applied, and that the service doesn't run.</summary>
    ReportedServiceStopped,

    /// <summary>It reported that they are applied, and a last contact long ago.</summary>
    ReportedLostContact,

    /// <summary>It reported that they are applied and all is well.</summary>
    ReportedHealthy,
}
