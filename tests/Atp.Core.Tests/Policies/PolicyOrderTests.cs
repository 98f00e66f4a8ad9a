using Atp.Core.Errors;
using Atp.Core.Policies;

namespace Atp.Core.Tests.Policies;

public sealed class PolicyOrderTests
{
    [Theory]
    // policies as id=order in their sorted places; who moves; then the numbers
    [InlineData("a=1 b=2 c=3", "c", OrderMove.Increase, "a=1 c=2 b=3")]
    [InlineData("a=1 b=2 c=3", "a", OrderMove.Decrease, "b=1 a=2 c=3")]
    [InlineData("a=1 b=5 c=9", "b", OrderMove.Decrease, "a=1 c=5 b=9")] // gaps stay
    [InlineData("a=1 b=1", "b", OrderMove.Increase, "b=1 a=2")]
    [InlineData("a=1 b=1", "a", OrderMove.Decrease, "b=1 a=2")]
    [InlineData("a=1 b=1 c=2", "b", OrderMove.Increase, "b=1 a=2 c=3")] // a comes to share no number with c
    [InlineData("a=1 b=1 c=2 d=9", "b", OrderMove.Increase, "b=1 a=2 c=3 d=9")]
    [InlineData("a=1 b=2 c=2", "b", OrderMove.Increase, "b=1 a=2 c=3")]
    [InlineData("a=1 b=1 c=2", "c", OrderMove.Increase, "a=1 c=2 b=3")]
    [InlineData("a=4 b=4 c=4 d=4", "c", OrderMove.Increase, "a=4 c=4 b=5 d=5")] // who shared one and isn't passed, still does
    public void A_policy_comes_strictly_before_or_behind_the_one_it_passes(string before, string id, OrderMove move, string after)
    {
        var policies = Policies(before);

        var exchange = PolicyOrder.Move(policies, id, move);

        var moved = policies.Select(p => p with { Order = exchange.Numbers.GetValueOrDefault(p.Id, p.Order) }).ToList();
        Assert.Equal(after, string.Join(' ', PolicyOrder.Sorted(moved).Select(p => $"{p.Id}={p.Order}")));
        Assert.Contains(exchange.Moved.Id, exchange.Numbers.Keys);
        Assert.Contains(exchange.Neighbour.Id, exchange.Numbers.Keys);
    }

    [Fact]
    public void Every_other_pair_of_policies_stays_as_it_was_whatever_numbers_they_share()
    {
        // Five policies with the numbers 1 to 3, in every way.
        foreach (var numbers in Enumerable.Range(0, 243).Select(i => new[] { 1, 3, 9, 27, 81 }.Select(digit => (i / digit % 3) + 1).ToArray()))
        {
            var policies = numbers.Select((number, i) => Facts.Policy($"{(char)('a' + i)}", number)).ToList();
            var sorted = PolicyOrder.Sorted(policies);
            for (var place = 1; place < sorted.Count; place++)
            {
                var exchange = PolicyOrder.Move(policies, sorted[place].Id, OrderMove.Increase);
                int After(Policy policy) => exchange.Numbers.GetValueOrDefault(policy.Id, policy.Order);
                Assert.True(After(exchange.Moved) < After(exchange.Neighbour));
                foreach (var (left, right) in policies.SelectMany(left => policies.Where(right => left.Order < right.Order).Select(right => (left, right))))
                {
                    var passes = (left.Id, right.Id) == (exchange.Neighbour.Id, exchange.Moved.Id);
                    Assert.True(passes || After(left) < After(right), $"{string.Join(' ', numbers)}: {exchange.Moved.Id} past {exchange.Neighbour.Id}");
                }
            }
        }
    }

    [Theory]
    [InlineData("a", OrderMove.Increase, "policy.order-first")]
    [InlineData("b", OrderMove.Decrease, "policy.order-last")]
    [InlineData("z", OrderMove.Decrease, "policy.not-found")]
    public void There_is_no_place_before_the_first_or_behind_the_last(string id, OrderMove move, string code) =>
        Assert.Equal(code, Assert.Throws<DomainException>(() => PolicyOrder.Move(Policies("a=1 b=1"), id, move)).Error.Code);

    [Fact]
    public void More_numbers_than_one_transaction_holds_are_not_changed()
    {
        var policies = Enumerable.Range(1, 120).Select(i => Facts.Policy($"p{i:D3}", i)).Append(Facts.Policy("p000", 1)).ToList();

        Assert.Equal("policy.order-crowded", Assert.Throws<DomainException>(() => PolicyOrder.Move(policies, "p001", OrderMove.Increase)).Error.Code);
        Assert.Equal(2, PolicyOrder.Move(policies, "p050", OrderMove.Increase).Numbers.Count);
    }

    private static List<Policy> Policies(string text) =>
        [.. text.Split(' ').Select(p => p.Split('=')).Select(p => Facts.Policy(p[0], int.Parse(p[1], System.Globalization.CultureInfo.InvariantCulture)))];
}
