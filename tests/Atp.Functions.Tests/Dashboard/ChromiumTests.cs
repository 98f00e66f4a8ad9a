namespace Atp.Functions.Tests.Dashboard;

/// <summary>Where the tests' browser comes from.</summary>
public sealed class ChromiumTests : IDisposable
{
    private readonly string here = Path.GetTempFileName();
    private bool isInstalled;

    private string Missing => here + ".none";

    public void Dispose() => File.Delete(here);

    [Fact]
    public async Task The_first_place_that_has_one_is_taken_and_nothing_is_installed() =>
        Assert.Equal(here, await new Chromium(null, [Missing, here], [() => throw new InvalidOperationException()]).FindOrInstallAsync());

    [Fact]
    public async Task One_that_is_named_comes_before_all_that_are_there() =>
        Assert.Equal(here, await new Chromium(here, ["/bin/sh"], []).FindOrInstallAsync());

    [Fact]
    public async Task Where_there_is_none_one_is_installed_by_the_first_way_that_works()
    {
        var place = Missing;
        try
        {
            var found = await new Chromium(null, [place], [() => Task.FromResult<string?>("no apt-get"), InstallAsync]).FindOrInstallAsync();

            Assert.Equal(place, found);
            Assert.True(isInstalled);
        }
        finally
        {
            File.Delete(place);
        }

        async Task<string?> InstallAsync()
        {
            await File.WriteAllTextAsync(place, "");
            isInstalled = true;
            return null;
        }
    }

    [Fact]
    public async Task Without_one_a_single_line_says_what_to_do()
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() =>
            new Chromium(null, [Missing], [() => Task.FromResult<string?>("apt-get: no network"), () => Task.FromResult<string?>(null)]).FindOrInstallAsync());

        Assert.Equal("The dashboard's tests need Chromium, Chrome or Edge: install one, or name its executable in ATP_CHROMIUM. "
            + "Installing it did not work (apt-get: no network; what was installed is not in its place).", error.Message);
    }

    [Fact]
    public async Task A_name_that_leads_nowhere_is_said()
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => new Chromium(Missing, [here], []).FindOrInstallAsync());

        Assert.Equal($"ATP_CHROMIUM names {Missing}, where no browser is. Correct it, or leave it out.", error.Message);
    }
}
