using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text.Json.Nodes;
using Atp.Core.Agent;
using Atp.Core.Errors;
using Atp.Core.Storage;
using Atp.Core.Telemetry;
using Azure;
using Xunit.Sdk;

namespace Atp.Functions.Tests.Model;

/// <summary>The queues, driven by hand.</summary>
internal sealed partial class ModelSite
{
    private async Task DeliverAsync(AtpHost host, Deliver deliver)
    {
        await TakeAsync();
        if (underway.Count == 0)
        {
            return;
        }

        var message = Pick(underway, deliver.Message);
        underway.Remove(message);
        if (deliver.KeepsCopy && !message.Copied)
        {
            underway.Add(new Underway(message.Queue, message.Body) { Copied = true });
        }

        if (deliver.DiesAfter is { } requestCount)
        {
            if (await host.Tap.CrashAfterAsync(requestCount, () => HandleAsync(host, message)))
            {
                underway.Add(message);
            }
        }
        else if (deliver.Meanwhile is { } meanwhile)
        {
            await HandleAsync(host, message, deliver.At, () => DoAsync(meanwhile with { Instance = 1 - deliver.Instance }));
        }
        else
        {
            await HandleAsync(host, message);
        }
    }

    private async Task DeliverAllAsync(AtpHost host, int[] order)
    {
        for (var i = 0; ; i++)
        {
            await TakeAsync();
            if (underway.Count == 0)
            {
                return;
            }

            Assert.True(i < 2000, $"Messages keep coming: {string.Join('\n', underway.Select(m => $"{m.Queue} {m.Body}"))}");
            var message = Pick(underway, Pick(order, i));
            underway.Remove(message);
            await HandleAsync(host, message);
        }
    }

    /// <summary>What lies in the queues is under way from here on, in an order that doesn't depend on who was quicker.</summary>
    private async Task TakeAsync()
    {
        var taken = new List<(string Queue, string Order, BinaryData Body)>();
        foreach (var queue in Queues.All)
        {
            foreach (var message in await hosts[0].TakeAllAsync(queue))
            {
                taken.Add((queue, OrderOf(queue, message.Body), message.Body));
            }
        }

        underway.AddRange(taken.OrderBy(t => t.Queue, StringComparer.Ordinal).ThenBy(t => t.Order, StringComparer.Ordinal)
            .Select(t => new Underway(t.Queue, t.Body)));
    }

    private string OrderOf(string queue, BinaryData body)
    {
        if (queue == Queues.DeviceReports)
        {
            return sent.IndexOf(sentMessages[body.ToString()][0]).ToString("D6", CultureInfo.InvariantCulture);
        }

        var message = JsonNode.Parse(body)!.AsObject();
        message.Remove("traceparent");
        return message.ToJsonString();
    }

    /// <summary>Something else happens before one of the function's storage requests; afterwards when it doesn't make that many.</summary>
    private async Task HandleAsync(AtpHost host, Underway message, int at, Func<Task> meanwhile)
    {
        var happened = false;
        Exception? failure = null;
        async Task HappenAsync()
        {
            happened = true;
            try
            {
                await meanwhile();
            }
            catch (Exception e)
            {
                failure = e; // not the function's
            }
        }

        try
        {
            await host.Tap.InBetweenAsync(at, HappenAsync, () => HandleAsync(host, message));
        }
        catch (TrueException) when (!happened)
        {
            await HappenAsync();
        }

        if (failure is not null)
        {
            throw new InvalidOperationException("What happened meanwhile failed.", failure);
        }
    }

    /// <summary>As the host does: what no retry can mend is dropped, everything else comes again, and after five attempts is poison.</summary>
    private async Task HandleAsync(AtpHost host, Underway message)
    {
        try
        {
            if (message.Queue == Queues.DeviceReports)
            {
                await IngestAsync(host, message);
            }
            else
            {
                await host.HandleAsync(message.Queue, message.Body);
            }
        }
        catch (DomainException e) when (e.Error.Kind is ErrorKind.Invalid or ErrorKind.NotFound)
        {
        }
        catch (Exception e) when (e is DomainException or RequestFailedException)
        {
            Assert.True(++message.Failures < Attempts, $"Poison: {message.Queue} {message.Body}: {e}");
            underway.Add(message);
        }
    }

    /// <summary>Each report of the message is a fact once the service is done with it, also when it dies before the next.</summary>
    private async Task IngestAsync(AtpHost host, Underway message)
    {
        var reports = sentMessages[message.Body.ToString()];
        var mine = new AsyncLocal<bool> { Value = true };
        var done = 0;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument is { Meter.Name: AtpMetrics.MeterName, Name: "atp.reports.accepted" or "atp.reports.dropped" })
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, _, _, _) =>
        {
            if (mine.Value)
            {
                facts.Add(new ReportArrived(reports[done++], Clock.GetUtcNow()));
            }
        });
        listener.Start();
        await host.HandleAsync(message.Queue, message.Body);
        Assert.Equal(reports.Count, done);
    }
}
