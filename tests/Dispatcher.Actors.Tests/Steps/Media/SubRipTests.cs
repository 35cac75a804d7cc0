using Dispatcher.Steps.Handlers.Media;

namespace Dispatcher.Actors.Tests.Steps.Media;

public sealed class SubRipTests
{
    [Theory]
    [InlineData(0, "00:00:00,000")]
    [InlineData(61.0005, "00:01:01,001")]
    [InlineData(3_725.25, "01:02:05,250")]
    [InlineData(360_000, "100:00:00,000")]
    public void Stamp_WritesHoursMinutesSecondsAndMilliseconds(double seconds, string expected) =>
        Assert.Equal(expected, SubRip.Stamp(seconds));

    [Fact]
    public void Write_NumbersCuesFromOne()
    {
        var text = SubRip.Write([new Cue(0, 1.5, "Hello"), new Cue(2, 3, "world")]);

        Assert.Equal("1\n00:00:00,000 --> 00:00:01,500\nHello\n\n2\n00:00:02,000 --> 00:00:03,000\nworld\n\n", text);
    }

    [Fact]
    public void Write_IsEmpty_WhenThereAreNoCues() => Assert.Equal("", SubRip.Write([]));

    [Fact]
    public void CuesOf_KeepsTwoLinesOf42Characters_WhateverTheText()
    {
        var text = string.Join(' ', Enumerable.Range(0, 60).Select(number => new string('x', 1 + number * 7 % 50)));
        var cues = SubRip.CuesOf(new Transcript { Segments = [new TranscriptSegment { Start = 0, End = 60, Text = text }] });

        Assert.All(cues, cue =>
        {
            var lines = SubRip.Wrap(cue.Text).Split('\n');
            Assert.True(lines.Length <= SubRip.Lines);
            Assert.All(lines, line => Assert.True(line.Length <= SubRip.LineCharacters));
        });
        Assert.Equal(WithoutSpaces(text), string.Concat(cues.Select(cue => WithoutSpaces(cue.Text))));
        Assert.Equal((0, 60), (cues[0].Start, cues[^1].End));
    }

    [Fact]
    public void CuesOf_ShiftsCuesAndDropsCutWords_WhenACutIsInFront()
    {
        var transcript = CutPlannerTests.Words(("one", 0, 4), ("um", 5, 5.4), ("two", 6, 10));
        var timeline = new CutTimeline(CutPlanner.Plan(transcript, new CutPlannerOptions()));

        var cue = Assert.Single(SubRip.CuesOf(transcript, timeline));

        Assert.Equal("one two", cue.Text);
        Assert.Equal(0, cue.Start);
        Assert.Equal(9, cue.End, 3);
    }

    [Fact]
    public void CuesOf_ShiftsSegmentsWithoutWords_WhenACutIsInFront()
    {
        var transcript = CutPlannerTests.Segments((0, 5.5), (7, 12));
        var timeline = new CutTimeline(CutPlanner.Plan(transcript, new CutPlannerOptions()));

        var cues = SubRip.CuesOf(transcript, timeline);

        Assert.Equal(2, cues.Length);
        Assert.Equal(5.5, cues[1].Start, 3);
        Assert.Equal(10.5, cues[1].End, 3);
    }

    [Fact]
    public void Timeline_IsAsLongAsThePlan_WhenThereAreManyStretches()
    {
        var cuts = Enumerable.Range(0, 500).Select(number => Cut.Keep(number * 1000 + 7, number * 1000 + 511));

        var timeline = new CutTimeline(new CutPlan([.. cuts]));

        var last = timeline.Map(499.1, 499.5);
        Assert.NotNull(last);
        Assert.Equal(500 * 0.504, timeline.Duration, 0.017);
        Assert.Equal(500, timeline.Frames.Length);
        Assert.Equal(timeline.Duration * 30, timeline.Frames.Sum(), 6);
        Assert.Equal(timeline.Duration, last.Value.End, 1);
    }

    private static string WithoutSpaces(string text) => text.Replace(" ", "", StringComparison.Ordinal);
}
