using Microsoft.Azure.Functions.Worker.Extensions.Abstractions;

namespace Microsoft.Azure.Functions.Worker.Extensions.Abstractions
{
    /// <summary>A binding of a parameter or a result.</summary>
    [AttributeUsage(AttributeTargets.Parameter | AttributeTargets.Property | AttributeTargets.Method)]
    public abstract class BindingAttribute : Attribute;

    /// <summary>The binding that starts a function.</summary>
    public abstract class TriggerBindingAttribute : BindingAttribute;

    /// <summary>A binding that a function reads.</summary>
    public abstract class InputBindingAttribute : BindingAttribute;

    /// <summary>A binding that a function writes.</summary>
    public abstract class OutputBindingAttribute : BindingAttribute;
}

namespace Microsoft.Azure.Functions.Worker
{
    /// <summary>Names a method as a function; names are unique, case-insensitively.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    public class FunctionAttribute(string name) : Attribute
    {
        public string Name { get; } = name;
    }

    /// <summary>Whose key a call needs.</summary>
    public enum AuthorizationLevel
    {
        Anonymous = 0,
        User = 1,
        Function = 2,
        System = 3,
        Admin = 4,
    }

    /// <summary>Starts a function by an HTTP request.</summary>
    [AttributeUsage(AttributeTargets.Parameter)]
    public sealed class HttpTriggerAttribute(AuthorizationLevel authLevel, params string[] methods) : TriggerBindingAttribute
    {
        public HttpTriggerAttribute()
            : this(AuthorizationLevel.Function)
        {
        }

        public HttpTriggerAttribute(params string[] methods)
            : this(AuthorizationLevel.Function, methods)
        {
        }

        public HttpTriggerAttribute(AuthorizationLevel authLevel)
            : this(authLevel, [])
        {
        }

        /// <summary>Below the route prefix; the function's name when null.</summary>
        public string? Route { get; set; }

        public string[]? Methods { get; } = methods.Length == 0 ? null : methods;

        public AuthorizationLevel AuthLevel { get; } = authLevel;
    }

    /// <summary>Starts a function by a queue message.</summary>
    [AttributeUsage(AttributeTargets.Parameter)]
    public sealed class QueueTriggerAttribute(string queueName) : TriggerBindingAttribute
    {
        public string QueueName { get; } = queueName;

        /// <summary>The setting, or section of settings, that names the storage account; <c>AzureWebJobsStorage</c> when null.</summary>
        public string? Connection { get; set; }
    }

    /// <summary>Starts a function by the clock.</summary>
    [AttributeUsage(AttributeTargets.Parameter)]
    public sealed class TimerTriggerAttribute(string schedule) : TriggerBindingAttribute
    {
        /// <summary>NCRONTAB of six fields, or a time span.</summary>
        public string Schedule { get; } = schedule;

        /// <summary>Remembers the next occurrence, so that a missed one fires once at start.</summary>
        public bool UseMonitor { get; set; } = true;

        public bool RunOnStartup { get; set; }
    }

    /// <summary>What a timer function is told.</summary>
    public class TimerInfo
    {
        /// <summary>Null when the schedule isn't monitored.</summary>
        public ScheduleStatus? ScheduleStatus { get; set; }

        /// <summary>This run makes up for an occurrence that was missed.</summary>
        public bool IsPastDue { get; set; }
    }

    /// <summary>Times of a monitored schedule; local.</summary>
    public class ScheduleStatus
    {
        public DateTime Last { get; set; }

        public DateTime Next { get; set; }

        public DateTime LastUpdated { get; set; }
    }
}
