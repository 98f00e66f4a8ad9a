using System.Text;
using Atp.Core.Devices;
using Atp.Core.Errors;
using Atp.Core.Site;

namespace Atp.Core.Tests.Devices;

public sealed class ShardPagingTests
{
    private static readonly ShardMap Shards = new(new SiteSettings(3, 2207, TimeSpan.FromDays(7)));
    private static readonly Dictionary<string, string[]> Content = new() { ["00"] = ["a", "b"], ["01"] = [], ["02"] = ["c", "d", "e"] };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(100)]
    public async Task Every_item_comes_exactly_once_whatever_the_page_size(int pageSize)
    {
        var all = new List<string>();
        string? continuation = null;
        do
        {
            var page = await PageAsync(pageSize, continuation);
            Assert.InRange(page.Items.Count, 1, pageSize);
            all.AddRange(page.Items);
            continuation = page.Continuation;
        }
        while (continuation is not null);

        Assert.Equal(["a", "b", "c", "d", "e"], all);
    }

    [Theory]
    [InlineData(1, 100)]
    [InlineData(2, 100)]
    [InlineData(100, 1)]
    [InlineData(100, 2)]
    [InlineData(2, 3)]
    [InlineData(100, 100)]
    public async Task Every_selected_item_comes_exactly_once_and_no_page_reads_more_rows_than_it_may(int pageSize, int maxRows)
    {
        var all = new List<string>();
        string? continuation = null;
        do
        {
            var rows = 0;
            var page = await ShardPaging.PageAsync(
                Shards, pageSize, maxRows, continuation, Read, id => id,
                _ =>
                {
                    rows++;
                    return 1;
                },
                id => id is "b" or "e" ? id.ToUpperInvariant() : null, TestContext.Current.CancellationToken);
            Assert.InRange(rows, 1, maxRows);
            Assert.InRange(page.Items.Count, 0, pageSize);
            all.AddRange(page.Items);
            continuation = page.Continuation;
        }
        while (continuation is not null);

        Assert.Equal(["B", "E"], all);
    }

    [Theory]
    [InlineData("")]
    [InlineData("!")]
    [InlineData("nonsense")]
    [InlineData("03!a")]
    [InlineData("00!a!b")]
    [InlineData("00!a/b")]
    public async Task A_continuation_that_is_none_of_ours_is_refused(string content)
    {
        var continuation = content == "nonsense" ? content : Convert.ToBase64String(Encoding.UTF8.GetBytes(content));

        var error = (await Assert.ThrowsAsync<DomainException>(() => PageAsync(2, continuation))).Error;

        Assert.Equal("list.continuation-invalid", error.Code);
    }

    private static Task<Atp.Core.Storage.Page<string>> PageAsync(int pageSize, string? continuation) => ShardPaging.PageAsync(
        Shards, pageSize, continuation, Read, id => id, TestContext.Current.CancellationToken);

    private static IAsyncEnumerable<string> Read(string shard, string? after, CancellationToken ct) =>
        Content[shard].Where(id => after is null || string.CompareOrdinal(id, after) > 0).ToAsyncEnumerable();
}
