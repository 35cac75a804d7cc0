namespace Dispatcher.Host.Tests;

public sealed class HealthCommandTests : IDisposable
{
    private readonly CommandRun _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public async Task Health_Exits0_WhenTheServerIsReady_AndFindsItByItsDirectory()
    {
        await using var serve = await ServeRun.Start(_run);
        using var client = serve.Client();
        // Ready soon after it listens.
        while (!(await client.GetAsync("/health/ready")).IsSuccessStatusCode) await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);

        var found = await _run.OnData("health");
        var named = await _run.Run("health", "--server", serve.Address.ToString());

        Assert.Equal((0, "ready\n"), (found.ExitCode, found.Out));
        Assert.Equal(0, named.ExitCode);
    }

    [Fact]
    public async Task Health_Exits1_WhenNoServerRuns()
    {
        var none = await _run.OnData("health");
        var nowhere = await _run.Run("health", "--server", "http://127.0.0.1:1");

        Assert.Equal(1, none.ExitCode);
        Assert.Contains("No server runs in", none.Error, StringComparison.Ordinal);
        Assert.Equal(1, nowhere.ExitCode);
        Assert.Contains("cannot be reached", nowhere.Error, StringComparison.Ordinal);
    }
}
