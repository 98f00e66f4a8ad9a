using System.Text;
using System.Text.Json;
using Atp.Core.Devices;
using Atp.Core.Errors;

namespace Atp.Core.Tests.Devices;

public sealed class InventoryTests
{
    private const string Good = """{"deviceId":"pc-1","name":"PC-1","build":19045,"productType":1,"sku":4,"tags":["b","a"],"monitoringAgentVersion":"10.20"}""";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("19045", 19045)]
    [InlineData("\"19045\"", 19045)]
    [InlineData("\"10.0.19045\"", 19045)]
    [InlineData("\"10.0.19045.3803\"", 19045)]
    [InlineData("\"6.3.9600\"", 9600)]
    public void A_build_is_a_number_however_inventory_writes_it(string json, int expected) =>
        Assert.Equal(expected, Input(build: json).ToInventory().OperatingSystem.Build);

    [Theory]
    [InlineData("build", "inventory.build-invalid", """{"name":"n","productType":1}""")]
    [InlineData("build", "inventory.build-invalid", """{"name":"n","productType":1,"build":"Windows 10"}""")]
    [InlineData("build", "inventory.build-invalid", """{"name":"n","productType":1,"build":"10.0"}""")]
    [InlineData("build", "inventory.build-invalid", """{"name":"n","productType":1,"build":0}""")]
    [InlineData("build", "inventory.build-invalid", """{"name":"n","productType":1,"build":-5}""")]
    [InlineData("build", "inventory.build-invalid", """{"name":"n","productType":1,"build":1e4}""")]
    [InlineData("build", "inventory.build-invalid", """{"name":"n","productType":1,"build":"\ud800"}""")]
    [InlineData("name", "inventory.name-invalid", """{"productType":1,"build":1}""")]
    [InlineData("name", "inventory.name-invalid", """{"name":" ","productType":1,"build":1}""")]
    [InlineData("name", "inventory.name-invalid", """{"name":"a\tb","productType":1,"build":1}""")]
    [InlineData("productType", "inventory.product-type-invalid", """{"name":"n","build":1}""")]
    [InlineData("productType", "inventory.product-type-invalid", """{"name":"n","build":1,"productType":4}""")]
    [InlineData("sku", "inventory.sku-invalid", """{"name":"n","build":1,"productType":1,"sku":-1}""")]
    [InlineData("tags", "inventory.tags-invalid", """{"name":"n","build":1,"productType":1,"tags":["ok",""]}""")]
    [InlineData("tags", "inventory.tags-invalid", """{"name":"n","build":1,"productType":1,"tags":[null]}""")]
    public void What_is_wrong_is_named_by_field(string field, string code, string json)
    {
        var error = Assert.Throws<DomainException>(() => JsonSerializer.Deserialize<InventoryInput>(json, JsonSerializerOptions.Web)!.ToInventory()).Error;

        Assert.Equal(code, error.Code);
        Assert.Equal([field], error.Fields.Keys);
    }

    [Fact]
    public void Everything_that_is_wrong_is_said_at_once()
    {
        var error = Assert.Throws<DomainException>(() => new InventoryInput().ToInventory()).Error;

        Assert.Equal(["name", "build", "productType"], error.Fields.Keys);
    }

    [Fact]
    public void Tags_are_trimmed_sorted_and_each_kept_once_whatever_their_case()
    {
        var inventory = (Input() with { Tags = [" b ", "a", "B"] }).ToInventory();

        Assert.Equal(["a", "b"], inventory.Tags);
        Assert.True(inventory.SameAs((Input() with { Tags = ["a", "b"] }).ToInventory()));
        Assert.False(inventory.SameAs((Input() with { Tags = ["a"] }).ToInventory()));
    }

    [Fact]
    public async Task NDJSON_is_read_line_by_line_and_a_bad_line_spoils_no_other()
    {
        var rows = await NdjsonAsync(string.Join('\n',
            "\uFEFF" + Good, "", "  \r", Good + "\r", "{cut off", "[]", """{"deviceId":"x","colour":"red"}""", """{"build":"ok","name":5}""", "null", Good));

        Assert.Equal([1, 4, 5, 6, 7, 8, 9, 10], rows.Select(r => r.Line));
        Assert.Equal([1, 4, 10], rows.Where(r => r.Error is null).Select(r => r.Line));
        Assert.All(rows.Where(r => r.Error is not null), r => Assert.Equal("inventory.line-invalid", r.Error!.Code));
        Assert.Equal("colour", rows.Single(r => r.Line == 7).Error!.Field);
        Assert.Equal("name", rows.Single(r => r.Line == 8).Error!.Field);
        Assert.Equal("pc-1", rows[0].Input!.DeviceId);
    }

    [Theory]
    [InlineData(70_000)]
    [InlineData(1_000_000)]
    public async Task A_line_that_is_too_long_is_passed_over(int length)
    {
        var rows = await NdjsonAsync($"{Good}\n{{\"name\":\"{new string('x', length)}\"}}\n{Good}");

        Assert.Equal([(1, null), (2, "inventory.line-too-long"), (3, null)], rows.Select(r => (r.Line, r.Error?.Code)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(4096)]
    public async Task Lines_may_arrive_in_pieces_of_any_size(int piece)
    {
        await using var body = new InPieces(Encoding.UTF8.GetBytes($"{Good}\n{Good}\nbad\n{Good}"), piece);

        var rows = await InventoryFormats.ReadNdjsonAsync(body, Stop).ToListAsync(Stop);

        Assert.Equal([(1, true), (2, true), (3, false), (4, true)], rows.Select(r => (r.Line, r.Error is null)));
    }

    [Fact]
    public async Task CSV_is_read_by_the_names_in_its_header_with_quotes_as_spreadsheets_write_them()
    {
        var rows = await CsvAsync("name,deviceId,productType,build,tags\r\n\"PC, \"\"1\"\"\",pc-1,1,10.0.19045.1,a; b\r\nPC-2,pc-2,three,1,\r\nPC-3,pc-3,1,19045,\r\n");

        Assert.Equal([(2, null), (3, "inventory.number-invalid"), (4, null)], rows.Select(r => (r.Line, r.Error?.Code)));
        var first = rows[0].Input!;
        Assert.Equal(("pc-1", "PC, \"1\"", 1), (first.DeviceId, first.Name, first.ProductType));
        Assert.Equal(["a", "b"], first.Tags!);
        Assert.Equal(19045, (first with { DeviceId = null }).ToInventory().OperatingSystem.Build);
        Assert.Null(rows[2].Input!.Tags);
    }

    [Theory]
    [InlineData("deviceId,name,build", "inventory.column-missing")]
    [InlineData("deviceId,name,build,productType,colour", "inventory.column-unknown")]
    [InlineData("DeviceId,name,build,productType", "inventory.column-unknown")]
    public async Task A_CSV_with_other_columns_is_refused_as_a_whole(string header, string code) =>
        Assert.Equal(code, (await Assert.ThrowsAsync<DomainException>(() => CsvAsync(header + "\n1,2,3,4,5\n"))).Error.Code);

    /// <summary>In one field, in very many, or in a quote that is never closed: the parser would hold all of it.</summary>
    [Theory]
    [InlineData("a,A,19045,1,", "x")]
    [InlineData("a,A,19045,1", ",")]
    [InlineData("a,\"A,19045,1", "\n")]
    public async Task A_CSV_line_without_end_is_refused_before_it_is_held(string start, string more)
    {
        using var body = new Endless("deviceId,name,build,productType,tags\n" + start, more);

        var error = (await Assert.ThrowsAsync<DomainException>(() => InventoryFormats.ReadCsvAsync(body, Stop).ToListAsync(Stop).AsTask())).Error;

        Assert.Equal("inventory.line-too-long", error.Code);
        Assert.InRange(body.Given, 64 * 1024, 256 * 1024);
    }

    [Fact]
    public async Task A_CSV_header_without_end_is_refused_before_it_is_held()
    {
        using var body = new Endless("deviceId,name,build,productType", ",tags");

        await Assert.ThrowsAsync<DomainException>(() => InventoryFormats.ReadCsvAsync(body, Stop).ToListAsync(Stop).AsTask());

        Assert.InRange(body.Given, 64 * 1024, 256 * 1024);
    }

    [Theory]
    [InlineData("", "inventory.csv-invalid")]
    [InlineData("deviceId,name,build,productType\n", "inventory.line-too-long")]
    public async Task A_CSV_field_that_is_too_long_is_refused_in_the_header_too(string before, string code) =>
        Assert.Equal(code, (await Assert.ThrowsAsync<DomainException>(() => CsvAsync($"{before}x,{new string('n', 70_000)},1,1\n"))).Error.Code);

    [Fact]
    public async Task An_empty_body_has_no_rows()
    {
        Assert.Empty(await CsvAsync(""));
        Assert.Empty(await NdjsonAsync(""));
    }

    private static InventoryInput Input(string build = "19045") => new()
    {
        Name = "PC-1",
        Build = JsonDocument.Parse(build).RootElement,
        ProductType = 1,
    };

    private static async Task<List<ImportRow>> NdjsonAsync(string text)
    {
        using var body = new MemoryStream(Encoding.UTF8.GetBytes(text));
        return await InventoryFormats.ReadNdjsonAsync(body, Stop).ToListAsync(Stop);
    }

    private static async Task<List<ImportRow>> CsvAsync(string text)
    {
        using var body = new MemoryStream(Encoding.UTF8.GetBytes(text));
        return await InventoryFormats.ReadCsvAsync(body, Stop).ToListAsync(Stop);
    }

    /// <summary>Begins with some text, and goes on with the same for ever.</summary>
    private sealed class Endless(string start, string more) : MemoryStream
    {
        private readonly byte[] first = Encoding.UTF8.GetBytes(start);
        private readonly byte[] rest = Encoding.UTF8.GetBytes(more);

        public long Given { get; private set; }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            foreach (ref var b in buffer.Span)
            {
                b = Given < first.Length ? first[Given] : rest[(Given - first.Length) % rest.Length];
                Given++;
            }

            return ValueTask.FromResult(buffer.Length);
        }
    }

    private sealed class InPieces(byte[] content, int piece) : MemoryStream(content)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(piece, buffer.Length)], cancellationToken);
    }
}
