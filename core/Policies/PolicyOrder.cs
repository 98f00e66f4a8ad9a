using Atp.Core.Errors;
using Atp.Core.Storage;

namespace Atp.Core.Policies;

/// <summary>One place in the order of policies.</summary>
public enum OrderMove
{
    /// <summary>One place better: a lower number.</summary>
    Increase,

    /// <summary>One place worse: a higher number.</summary>
    Decrease,
}

/// <summary>Moves a policy past its neighbour.</summary>
public sealed record MovePolicy(OrderMove Move);

/// <summary>Two policies that exchange places.</summary>
/// <param name="Moved">The policy that was asked for, as it is before.</param>
/// <param name="Neighbour">The one that it passes, as it is before.</param>
/// <param name="Numbers">The numbers of the two, and new ones of others where policies shared a number.</param>
public sealed record OrderExchange(Policy Moved, Policy Neighbour, IReadOnlyDictionary<string, int> Numbers);

/// <summary>The places of policies.</summary>
public static class PolicyOrder
{
    /// <summary>Best first; those that share a number by their ids.</summary>
    public static List<Policy> Sorted(IEnumerable<Policy> policies) =>
        [.. policies.OrderBy(p => p.Order).ThenBy(p => p.Id, StringComparer.Ordinal)];

    /// <summary>The number of one that comes after all others.</summary>
    public static int End(IEnumerable<Policy> all) => all.Where(p => p.InUse).Select(p => p.Order).DefaultIfEmpty().Max() + 1;

    /// <summary>
    /// Exchanges a policy with its neighbour. Whatever the numbers were, the one then comes strictly before the other; who came
    /// strictly before whom among all others stays so, and nobody comes to share a number who didn't before.
    /// </summary>
    /// <exception cref="DomainException">Not found; conflict: it is the first or last already, or too many would get a new number.</exception>
    public static OrderExchange Move(IEnumerable<Policy> policies, string policyId, OrderMove move)
    {
        var sorted = Sorted(policies);
        var place = sorted.FindIndex(p => p.Id == policyId);
        if (place < 0)
        {
            throw DomainError.NotFound("policy.not-found", "There is no such policy.").ToException();
        }

        var other = move == OrderMove.Increase ? place - 1 : place + 1;
        if (other < 0)
        {
            throw DomainError.Conflict("policy.order-first", "The policy has the best order already.").ToException();
        }

        if (other == sorted.Count)
        {
            throw DomainError.Conflict("policy.order-last", "The policy has the last place already.").ToException();
        }

        var numbers = sorted.ConvertAll(p => p.Order);
        var (moved, neighbour) = (sorted[place], sorted[other]);
        (sorted[place], sorted[other]) = (neighbour, moved);
        var changed = new Dictionary<string, int>();
        for (int i = 0, last = 0; i < sorted.Count; i++)
        {
            var sharesWithPrevious = i > 0 && i != Math.Max(place, other) && sorted[i - 1].Order == sorted[i].Order;
            last = i == 0 ? numbers[0] : Math.Max(numbers[i], sharesWithPrevious ? last : last + 1);
            if (last != sorted[i].Order || i == place || i == other)
            {
                changed[sorted[i].Id] = last;
            }
        }

        return changed.Count <= TableBatch.MaxActions
            ? new OrderExchange(moved, neighbour, changed)
            : throw DomainError.Conflict("policy.order-crowded",
                $"{changed.Count} policies would get another number, and {TableBatch.MaxActions} can at once, since some share one. "
                + "Give them numbers of their own first.").ToException();
    }
}
