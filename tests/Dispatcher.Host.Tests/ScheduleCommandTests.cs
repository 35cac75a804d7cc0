namespace Dispatcher.Host.Tests;

/// <summary><c>dispatcher schedule</c>, against a real server.</summary>
public sealed class ScheduleCommandTests : IAsyncLifetime
{
    private ServedDirectory _served = null!;

    private CommandRun Client => _served.Client;

    public async Task InitializeAsync()
    {
        _served = await ServedDirectory.Start();
        Assert.Equal(0, (await Client.Run("workflow", "register", Client.Write("three.yaml", Samples.Three))).ExitCode);
    }

    public async Task DisposeAsync() => await _served.DisposeAsync();

    [Fact]
    public async Task ASchedule_IsMade_Listed_Run_AndDeleted()
    {
        var made = await Client.Run("schedule", "create", "nightly", "--cron", "30 2 * * *", "--timezone", "Europe/Berlin", "--workflow", "three@1", "--input-json", """{"name":"n"}""", "--overlap", "skip");
        Assert.True(made.ExitCode == 0, made.Error);
        Assert.StartsWith("The schedule nightly is due next at ", made.Lines[0], StringComparison.Ordinal);
        Assert.Equal(0, (await Client.Run("schedule", "create", "after", "--workflow", "three", "--depends-on", "nightly")).ExitCode);

        Assert.Equal(["after", "nightly"], (await Client.Run("schedule", "list", "-o", "ids")).Lines);
        var table = await Client.Run("schedule", "list");
        Assert.StartsWith("ID", table.Lines[0], StringComparison.Ordinal);
        Assert.Contains("30 2 * * *", table.Lines[2], StringComparison.Ordinal);
        Assert.Equal("skip", (await Client.Run("schedule", "show", "nightly")).Json.GetProperty("overlap").GetString());
        Assert.Equal(3, (await Client.Run("schedule", "next", "nightly", "-n", "3")).Lines.Count);
        var run = (await Client.Run("schedule", "run", "nightly")).Lines[0];
        Assert.Equal(0, (await Client.Run("job", "watch", run)).ExitCode);
        Assert.Equal(0, (await Client.Run("schedule", "delete", "nightly")).ExitCode);
        Assert.Equal(4, (await Client.Run("schedule", "show", "nightly")).ExitCode);
    }

    [Fact]
    public async Task Nonsense_IsTold()
    {
        var cron = await Client.Run("schedule", "create", "x", "--cron", "61 * * * *", "--workflow", "three");
        Assert.NotEqual(0, cron.ExitCode);
        Assert.Contains("minute, column 1: 61 is above 59", cron.Error, StringComparison.Ordinal);
        var input = await Client.Run("schedule", "create", "x", "--cron", "@daily", "--workflow", "three", "--input-json", """{"count":"many"}""");
        Assert.NotEqual(0, input.ExitCode);
        Assert.Contains("input.count", input.Error, StringComparison.Ordinal);
        Assert.Equal(2, (await Client.Run("schedule", "create", "x", "--workflow", "three", "--input-json", "{")).ExitCode);
        Assert.Equal(4, (await Client.Run("schedule", "delete", "nobody")).ExitCode);
    }
}
