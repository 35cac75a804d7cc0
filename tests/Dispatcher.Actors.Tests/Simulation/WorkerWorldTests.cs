using Xunit.Abstractions;

namespace Dispatcher.Actors.Tests.Simulation;

/// <summary>External workers under seeded faults: each step's end is recorded once, no task is lost, and whoever was told "durable" was told the truth.</summary>
public sealed class WorkerWorldTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(0.0, 0.0)]
    [InlineData(0.0, 0.01)]
    [InlineData(0.01, 0.0)]
    [InlineData(0.005, 0.01)]
    public void EveryJob_EndsAsItsWorkersWereTold(double crashChance, double faultChance)
    {
        var (refused, again, lives) = (0, 0, 0);
        for (var seed = 0; seed < 40; seed++)
        {
            var world = new WorkerWorld(seed, jobs: 5, crashChance, faultChance);
            world.Run();
            Assert.True(world.Errors.Count == 0, $"seed {seed}: {string.Join('\n', world.Errors)}\n{string.Join('\n', world.Log)}");
            (refused, again, lives) = (refused + world.Refused, again + world.Again, lives + world.Lives);
        }

        output.WriteLine($"{lives} lives, {refused} answers refused, {again} given again");
        // The faults really happened: late answers were refused, lost ones given again.
        if (crashChance > 0) Assert.True(lives > 40 && again > 0);
        if (faultChance > 0) Assert.True(refused > 0 && again > 0);
    }
}
