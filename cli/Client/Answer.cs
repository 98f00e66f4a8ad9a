using System.Text.Json;
using System.Text.Json.Serialization;

namespace Atp.Cli.Client;

/// <summary>
/// An answer of the service. The properties are those that the command uses; whatever else the service said is kept, so that
/// <c>--output json</c> shows the whole answer.
/// </summary>
public abstract record Answer
{
    [JsonExtensionData]
    public IDictionary<string, JsonElement> Other { get; init; } = new Dictionary<string, JsonElement>();
}

/// <summary>One page of a list.</summary>
public sealed record ListAnswer<T>(IReadOnlyList<T> Value, string? NextLink);

/// <summary>How something is, and what to do.</summary>
public sealed record MessageAnswer : Answer
{
    public required string Text { get; init; }

    public string? WhatToDo { get; init; }
}
