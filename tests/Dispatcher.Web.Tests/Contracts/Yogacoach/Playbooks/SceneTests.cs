using Yoga;
using Yoga.Playbooks;
using Yoga.Recordings;

namespace Dispatcher.Web.Tests.Contracts.Yogacoach.Playbooks;

/// <summary>The recordings of the demonstration: each shows what it is called after, for many seeds.</summary>
public sealed class SceneTests
{
    [Theory]
    [InlineData("good", ConfidenceGate.Pass)]
    [InlineData("bent", ConfidenceGate.Pass)]
    [InlineData("wobbling", ConfidenceGate.Pass)]
    [InlineData("pain", ConfidenceGate.Pass)]
    [InlineData("unknown", ConfidenceGate.Pass)]
    [InlineData("occluded", ConfidenceGate.ReShoot)]
    [InlineData("short", ConfidenceGate.ReShoot)]
    [InlineData("no-consent", ConfidenceGate.Reject)]
    public void Gate_IsThatOfTheScene(string scene, ConfidenceGate gate)
    {
        for (var seed = 1UL; seed <= 5; seed++) Assert.Equal(gate, QualityCheck.Run(Recorder.Record(Scenes.All[scene], seed), new QualityOptions()).ConfidenceGate);
    }

    [Theory]
    [InlineData("good", "warrior_2 tree", "")]
    [InlineData("bent", "warrior_2", "angle-left_knee")]
    [InlineData("wobbling", "tree", "stability-stability")]
    [InlineData("pain", "downward_dog", "")]
    [InlineData("unknown", "", "")]
    public void Events_AreThoseOfTheScene(string scene, string asanas, string events)
    {
        for (var seed = 1UL; seed <= 5; seed++)
        {
            var recording = Recorder.Record(Scenes.All[scene], seed);
            Assert.Equal(asanas, string.Join(' ', Bodies.Segments(recording).Segments.Select(segment => segment.AsanaId)));
            Assert.Equal(events, string.Join(' ', Bodies.Assess(recording).Events.Select(@event => $"{@event.Type}-{@event.Name}")));
        }
    }
}
