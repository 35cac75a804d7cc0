namespace Dispatcher.Actors.Tests.Simulation;

/// <summary>The smallest simulation, and an exhaustive one: for each shape of job, the node dies at its k-th edge call, for every k.</summary>
public sealed class CrashEverywhereTests
{
    public static TheoryData<string> Shapes => [.. JobShape.Groups.Select(group => group.Name)];

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Job_EndsAsItShould_WhenNothingGoesWrong(string name)
    {
        var world = new SimulatedWorld(1, new Faults(), Shape(name));
        world.Run();
        Assert.True(world.Errors.Count == 0, string.Join('\n', world.Errors) + '\n' + world.Log);
        Assert.Equal(1, world.Lives);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Job_EndsAsItShould_WhenTheNodeDiesAtAnyEdgeCall(string name)
    {
        var quiet = new SimulatedWorld(1, new Faults(), Shape(name));
        quiet.Run();
        for (var edge = 1; edge <= quiet.Edges; edge++)
        {
            var world = new SimulatedWorld(1, new Faults { CrashAtEdge = edge }, Shape(name));
            world.Run();
            Assert.True(world.Errors.Count == 0, $"crash at edge {edge} of {quiet.Edges}: {string.Join('\n', world.Errors)}\n{world.Log}");
            Assert.Equal(2, world.Lives);
        }
    }

    [Fact]
    public void Run_GivesTheSameLog_WhenTheSeedIsTheSame()
    {
        var faults = new Faults { CrashChance = 0.01, UnknownChance = 0.05, ClockJumpChance = 0.05 };
        var (first, second) = (new SimulatedWorld(7, faults, JobShape.All), new SimulatedWorld(7, faults, JobShape.All));
        first.Run();
        second.Run();
        Assert.Equal(first.Log, second.Log);
        var other = new SimulatedWorld(8, faults, JobShape.All);
        other.Run();
        Assert.NotEqual(first.Log, other.Log);
    }

    [Theory]
    [InlineData(0.0, 0.2, 0.0)]
    [InlineData(0.02, 0.0, 0.0)]
    [InlineData(0.02, 0.1, 0.0)]
    [InlineData(0.0, 0.0, 0.05)]
    [InlineData(0.02, 0.1, 0.05)]
    public void EveryJob_EndsAsItShould_UnderSeededFaults(double crashChance, double unknownChance, double clockJumpChance)
    {
        for (var seed = 0; seed < 40; seed++)
        {
            var faults = new Faults { CrashChance = crashChance, UnknownChance = unknownChance, ClockJumpChance = clockJumpChance };
            var world = new SimulatedWorld(seed, faults, JobShape.All);
            world.Run();
            Assert.True(world.Errors.Count == 0, $"seed {seed}, {faults}: {string.Join('\n', world.Errors)}\n{world.Log}");
        }
    }

    private static IReadOnlyList<JobShape> Shape(string name) => JobShape.Groups.Single(group => group.Name == name).Shapes;
}
