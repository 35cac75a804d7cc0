namespace Dispatcher.Host.Tests;

/// <summary><c>dispatcher quota</c>, against a real server.</summary>
public sealed class QuotaCommandTests : IAsyncLifetime
{
    private ServedDirectory _served = null!;

    private CommandRun Client => _served.Client;

    public async Task InitializeAsync() => _served = await ServedDirectory.Start();

    public async Task DisposeAsync() => await _served.DisposeAsync();

    [Fact]
    public async Task Quota_IsSetShownAndListed()
    {
        var set = await Client.Run("quota", "set", "minutes", "--plan", "free", "--limit", "100", "--upgrade", "ask us");
        Assert.Equal(0, set.ExitCode);
        Assert.Contains("\"remaining\": 100", (await Client.Run("quota", "show", "minutes")).Out, StringComparison.Ordinal);
        Assert.Equal(["METER    PLAN  LIMIT  USED  RESERVED  REMAINING  OVERAGE", "minutes  free  100    0     0         100        0"], (await Client.Run("quota", "list")).Lines);
        Assert.Contains(" planned ", (await Client.Run("quota", "ledger", "minutes")).Lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task APeriod_BeginsOnce_HoweverOftenItIsSet()
    {
        string[] set = ["quota", "set", "minutes", "--plan", "free", "--limit", "100", "--period", "2026-12"];
        foreach (var _ in new[] { 1, 2 }) Assert.Contains("\"period\": \"2026-12\"", (await Client.Run(set)).Out, StringComparison.Ordinal);
        await Client.Run([.. set[..^1], "2027-01"]);
        await Client.Run([.. set[..^1], "2027-01"]);

        var ledger = (await Client.Run("quota", "ledger", "minutes", "-o", "jsonl")).Lines;
        Assert.Single(ledger, line => line.Contains("\"renewed\"", StringComparison.Ordinal));
        Assert.Equal(2, (await Client.Run("quota", "ledger", "minutes", "--limit", "2", "-o", "jsonl")).Lines.Count);
        Assert.Equal(2, (await Client.Run("quota", "ledger", "minutes", "--limit", "0")).ExitCode);
    }

    [Fact]
    public async Task List_ShowsAllAccounts_BeyondAPage()
    {
        for (var n = 0; n < 201; n++) await Client.Run("quota", "set", $"m{n}", "--plan", "free", "--limit", "1");

        Assert.Equal(201, (await Client.Run("quota", "list", "-o", "jsonl")).Lines.Count);
    }

    [Fact]
    public async Task Quota_SaysWhatIsWrong()
    {
        var unknown = await Client.Run("quota", "show", "minutes");
        Assert.Equal(4, unknown.ExitCode);
        Assert.Contains("No plan is set for the meter minutes", unknown.Error, StringComparison.Ordinal);
        Assert.Equal(2, (await Client.Run("quota", "set", "minutes", "--plan", "free")).ExitCode);
    }
}
