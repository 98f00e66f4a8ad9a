using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Extensions.Abstractions;

namespace Atp.Infra.Tests.SelfHost;

/// <summary>What is misdeclared is refused before anything is served, by its name.</summary>
public sealed class CatalogTests
{
    [Theory]
    [InlineData(typeof(TwoTriggers), "Wrong: it has 2 triggers")]
    [InlineData(typeof(NoTrigger), "Wrong: it has no trigger")]
    [InlineData(typeof(UnknownTrigger), "Wrong: this host has no CarrierPigeonTriggerAttribute")]
    [InlineData(typeof(UnknownHttpParameter), "Wrong: its parameter 'number'")]
    [InlineData(typeof(UnknownHttpTriggerType), "Wrong: its parameter 'request'")]
    [InlineData(typeof(UnknownQueueParameter), "Wrong: its parameter 'colour'")]
    [InlineData(typeof(UnknownQueueType), "Wrong: its parameter 'stream'")]
    [InlineData(typeof(UnknownTimerType), "Wrong: its parameter 'text'")]
    [InlineData(typeof(BadCronLine), "Wrong: its schedule '0 */5 * * *'")]
    [InlineData(typeof(BadRoute), "Wrong: its route 'things/{'")]
    [InlineData(typeof(ReservedRoute), "Wrong: its route 'admin/things'")]
    [InlineData(typeof(MissingSetting), "Wrong: the setting 'Nowhere' that %Nowhere% names is missing")]
    [InlineData(typeof(SameName), "same: 2 functions have this name")]
    public void A_misdeclared_function_is_refused_at_start_with_its_name(Type functions, string expected) =>
        Assert.Contains(expected, Refused([functions]).Message, StringComparison.OrdinalIgnoreCase);

    [Fact]
    public void Everything_that_is_wrong_is_said_at_once()
    {
        var message = Refused([typeof(NoTrigger), typeof(BadCronLine), typeof(SameName)]).Message;

        Assert.Contains("no trigger", message, StringComparison.Ordinal);
        Assert.Contains("0 */5 * * *", message, StringComparison.Ordinal);
        Assert.Contains("functions have this name", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("AzureFunctionsJobHost:extensions:queues:batchSize", "33")]
    [InlineData("AzureFunctionsJobHost:extensions:queues:maxDequeueCount", "many")]
    [InlineData("AzureFunctionsJobHost:extensions:queues:messageEncoding", "rot13")]
    [InlineData("AzureFunctionsJobHost:extensions:queues:visibilityTimeout", "30 seconds")]
    [InlineData("AzureFunctionsJobHost:functionTimeout", "long")]
    public void A_bad_setting_of_the_host_is_refused_with_its_name_and_value(string setting, string value)
    {
        var message = Assert.Throws<InvalidOperationException>(() => RunningHost.Build(null, [typeof(Fine)], new() { [setting] = value })).Message;

        Assert.Contains(setting.Split(':')[^1], message, StringComparison.Ordinal);
        Assert.Contains($"'{value}'", message, StringComparison.Ordinal);
    }

    private static InvalidOperationException Refused(Type[] functions) =>
        Assert.Throws<InvalidOperationException>(() => RunningHost.Build(null, functions));

    [AttributeUsage(AttributeTargets.Parameter)]
    private sealed class CarrierPigeonTriggerAttribute : TriggerBindingAttribute;

    private static class Fine
    {
        [Function("Right")]
        public static void Run([QueueTrigger("q")] string text) => Nothing(text);
    }

    private static class TwoTriggers
    {
        [Function("Wrong")]
        public static void Run([QueueTrigger("q")] string text, [TimerTrigger("0 0 0 * * *")] TimerInfo timer) => Nothing(text, timer);
    }

    private static class NoTrigger
    {
        [Function("Wrong")]
        public static void Run(string text) => Nothing(text);
    }

    private static class UnknownTrigger
    {
        [Function("Wrong")]
        public static void Run([CarrierPigeonTrigger] string text) => Nothing(text);
    }

    private static class UnknownHttpParameter
    {
        [Function("Wrong")]
        public static void Run([HttpTrigger(Route = "things/{name}")] HttpRequest request, string name, int number) => Nothing(request, name, number);
    }

    private static class UnknownHttpTriggerType
    {
        [Function("Wrong")]
        public static void Run([HttpTrigger] Stream request) => Nothing(request);
    }

    private static class UnknownQueueParameter
    {
        [Function("Wrong")]
        public static void Run([QueueTrigger("q")] string text, string colour) => Nothing(text, colour);
    }

    private static class UnknownQueueType
    {
        [Function("Wrong")]
        public static void Run([QueueTrigger("q")] Stream stream) => Nothing(stream);
    }

    private static class UnknownTimerType
    {
        [Function("Wrong")]
        public static void Run([TimerTrigger("0 0 0 * * *")] string text) => Nothing(text);
    }

    private static class BadCronLine
    {
        [Function("Wrong")]
        public static void Run([TimerTrigger("0 */5 * * *")] TimerInfo timer) => Nothing(timer);
    }

    private static class BadRoute
    {
        [Function("Wrong")]
        public static void Run([HttpTrigger(Route = "things/{")] HttpRequest request) => Nothing(request);
    }

    private static class ReservedRoute
    {
        [Function("Wrong")]
        public static void Run([HttpTrigger(Route = "admin/things")] HttpRequest request) => Nothing(request);
    }

    private static class MissingSetting
    {
        [Function("Wrong")]
        public static void Run([QueueTrigger("at-%Nowhere%")] string text) => Nothing(text);
    }

    private static class SameName
    {
        [Function("Same")]
        public static void One([QueueTrigger("q")] string text) => Nothing(text);

        [Function("SAME")]
        public static void Two([QueueTrigger("r")] string text) => Nothing(text);
    }

    private static void Nothing(params object[] used) => Assert.NotEmpty(used);
}
