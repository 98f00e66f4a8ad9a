using System.Diagnostics;
using Atp.Core.Telemetry;
using OpenTelemetry;

namespace Atp.Functions.Telemetry;

/// <summary>
/// Takes out of every span what gives a secret away, before an exporter sees it. What can't be taken out (of an event, say) is not
/// exported at all.
/// </summary>
internal sealed class SpanScrubber : BaseProcessor<Activity>
{
    public override void OnEnd(Activity data)
    {
        List<KeyValuePair<string, string?>>? changes = null;
        foreach (ref readonly var tag in data.EnumerateTagObjects())
        {
            if (tag.Value is string text && Clean(tag.Key, text) is var clean && clean != text)
            {
                (changes ??= []).Add(new(tag.Key, clean));
            }
        }

        foreach (var (key, clean) in changes ?? [])
        {
            while (data.GetTagItem(key) is not null)
            {
                data.SetTag(key, null); // a key may be there twice
            }

            data.SetTag(key, clean);
        }

        // The Azure SDK puts the whole exception there. Its kind is in error.type.
        if (data.StatusDescription is not null)
        {
            data.SetStatus(data.Status);
        }

        if (GivesAway(data))
        {
            data.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
        }
    }

    private static string? Clean(string key, string text) => key switch
    {
        "url.query" => null,
        "url.full" or "http.url" or "url" or "url.path" or "http.target" => Scrub.Address(text),
        "az.keyvault.secret.name" or "secret" => "{name}",
        _ => Scrub.Text(text),
    };

    private static bool GivesAway(Activity span)
    {
        foreach (ref readonly var happened in span.EnumerateEvents())
        {
            foreach (ref readonly var tag in happened.EnumerateTagObjects())
            {
                if (tag.Value is string text && Scrub.Text(text) != text)
                {
                    return true;
                }
            }
        }

        return Scrub.Text(span.DisplayName) != span.DisplayName;
    }
}
