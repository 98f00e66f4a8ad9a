namespace Atp.Core.Errors;

/// <summary>How a failure behaves. The HTTP status follows from it; queue functions drop what a retry can't mend.</summary>
public enum ErrorKind
{
    Invalid,
    Unauthenticated,
    Forbidden,
    NotFound,

    /// <summary>The caller accepts no form that the answer could have.</summary>
    NotAcceptable,
    Conflict,
    Stale,
    TooLarge,
    UnsupportedContent,
    RepeatedWithOtherBody,
    PreconditionMissing,
    TooManyRequests,

    /// <summary>It is there, but can't be had until somebody mends it.</summary>
    Unavailable,
}

/// <summary>A failure that the caller can understand and act on.</summary>
/// <param name="Kind">How it behaves.</param>
/// <param name="Code">Stable, lower case, dotted: <c>policy.not-found</c>. Scripts depend on it.</param>
/// <param name="Detail">What was wrong, where, and what to do. Safe to show: never a secret, never an SDK's message.</param>
public sealed record DomainError(ErrorKind Kind, string Code, string Detail)
{
    /// <summary>For bad input: what is wrong, by the name of the field in the request.</summary>
    public IReadOnlyDictionary<string, string[]> Fields { get; init; } = new Dictionary<string, string[]>();

    /// <summary>More for the caller to decide by; members of the problem by these names.</summary>
    public IReadOnlyDictionary<string, object> Extensions { get; init; } = new Dictionary<string, object>();

    /// <summary>With too many requests: how long to wait.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Bad input in one field.</summary>
    public static DomainError Field(string field, string code, string detail) =>
        new(ErrorKind.Invalid, code, detail) { Fields = new Dictionary<string, string[]> { [field] = [detail] } };

    public static DomainError NotFound(string code, string detail) => new(ErrorKind.NotFound, code, detail);

    public static DomainError Conflict(string code, string detail) => new(ErrorKind.Conflict, code, detail);

    public DomainException ToException(Exception? inner = null) => new(this, inner);
}

/// <summary>An expected failure. Anything else that escapes core is a bug or an outage.</summary>
public sealed class DomainException(DomainError error, Exception? inner = null) : Exception(error.Detail, inner)
{
    public DomainError Error { get; } = error;
}
