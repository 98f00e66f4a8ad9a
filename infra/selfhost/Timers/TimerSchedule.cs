using System.Globalization;
using NCrontab;

namespace Atp.SelfHost.Timers;

/// <summary>When a timer is due: an NCRONTAB line of six fields in the local time zone, or a fixed interval.</summary>
internal sealed class TimerSchedule
{
    private readonly CrontabSchedule? cron;
    private readonly TimeSpan interval;

    private TimerSchedule(CrontabSchedule? cron, TimeSpan interval) => (this.cron, this.interval) = (cron, interval);

    public static bool TryParse(string text, out TimerSchedule? schedule)
    {
        if (TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var interval) && interval > TimeSpan.Zero)
        {
            schedule = new TimerSchedule(null, interval);
            return true;
        }

        var cron = CrontabSchedule.TryParse(text, new CrontabSchedule.ParseOptions { IncludingSeconds = true });
        schedule = cron is null ? null : new TimerSchedule(cron, default);
        return cron is not null;
    }

    /// <param name="after">Local time.</param>
    public DateTime Next(DateTime after) => cron?.GetNextOccurrence(after) ?? after + interval;

    /// <summary>A schedule that fires more than once a minute isn't monitored.</summary>
    public bool IsMonitorable(DateTime now)
    {
        var first = Next(now);
        return Next(first) - first >= TimeSpan.FromMinutes(1);
    }
}
