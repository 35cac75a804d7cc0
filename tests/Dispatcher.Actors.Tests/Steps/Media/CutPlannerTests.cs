using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Dispatcher.Steps;
using Dispatcher.Steps.Handlers.Media;

namespace Dispatcher.Actors.Tests.Steps.Media;

/// <summary>The rules of the Talk-Avocado contract, one by one, and its vector.</summary>
public sealed class CutPlannerTests
{
    private static readonly CutPlannerOptions Options = new();

    [Fact]
    public void Plan_MatchesTheContractsVector()
    {
        var plan = CutPlanner.Plan(Segments((0, 5.5), (7, 12), (14, 18.5), (20, 25)), Options);

        Assert.Equal(
            [
                "0.00-5.50 keep content", "5.50-7.00 cut silence_1500ms", "7.00-12.00 keep content", "12.00-14.00 cut silence_2000ms",
                "14.00-18.50 keep content", "18.50-20.00 cut silence_1500ms", "20.00-25.00 keep content",
            ],
            Texts(plan));
    }

    [Fact]
    public void Plan_IsEqualToTheByte_WhenMadeTwice()
    {
        var transcript = Segments((0, 5.5), (7, 12), (14, 18.5), (20, 25));

        Assert.Equal(
            CutPlanner.Plan(transcript, Options).ToJson("a", "b", Options), CutPlanner.Plan(transcript, Options).ToJson("a", "b", Options));
    }

    [Fact]
    public void Plan_WritesTwoDecimals_WhenTheCultureUsesACommaToo()
    {
        var culture = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("") { NumberFormat = { NumberDecimalSeparator = "," } };
            var json = JsonDocument.Parse(CutPlanner.Plan(Segments((0, 5.5), (7.006, 12)), Options).ToJson("s", "o", Options)).RootElement;

            Assert.Equal("5.50", json.GetProperty("cuts")[1].GetProperty("start").GetString());
            Assert.Equal("7.01", json.GetProperty("cuts")[1].GetProperty("end").GetString());
            Assert.Equal("1.0.0", json.GetProperty("schemaVersion").GetString());
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
    }

    [Theory]
    [InlineData(6.499, 1)]
    [InlineData(6.5, 3)]
    public void Plan_CutsAPause_OnlyWhenItLastsAtLeastTheLimit(double secondStart, int entries) =>
        Assert.Equal(entries, CutPlanner.Plan(Segments((0, 5), (secondStart, 12)), Options).Cuts.Length);

    [Fact]
    public void Plan_CutsAFillerWithItsMargins_WhenAWordIsOne()
    {
        var plan = CutPlanner.Plan(Words(("well", 0, 4), ("Um,", 5, 5.4), ("fine", 6, 10)), Options);

        Assert.Equal(["0.00-4.70 keep content", "4.70-5.70 cut filler_word_um", "5.70-10.00 keep content"], Texts(plan));
    }

    [Fact]
    public void Plan_CutsATwoWordFillerAsOne_WhenItsWordsAreNeighbours()
    {
        var plan = CutPlanner.Plan(Words(("well", 0, 4), ("you", 5, 5.2), ("know", 5.3, 5.6), ("you", 6, 6.2), ("win", 6.5, 10)), Options);

        Assert.Equal(["0.00-4.70 keep content", "4.70-5.90 cut filler_word_you_know", "5.90-10.00 keep content"], Texts(plan));
    }

    [Fact]
    public void Plan_ClampsAFiller_WhenItsMarginsReachOutOfTheTalk()
    {
        var plan = CutPlanner.Plan(Words(("um", 0.1, 0.5), ("text", 1.5, 9), ("uh", 9.5, 10)), Options);

        Assert.Equal(["0.00-0.80 cut filler_word_um", "0.80-9.20 keep content", "9.20-10.00 cut filler_word_uh"], Texts(plan));
    }

    [Theory]
    [InlineData(5.4, 5.6, "3.70-5.90 cut filler_word_um+filler_word_uh")]
    [InlineData(5.41, 5.61, "3.70-4.60 cut filler_word_um|4.60-5.11 cut too_short_0.51s|5.11-5.91 cut filler_word_uh")]
    public void Plan_JoinsCuts_OnlyWhenAtMostHalfASecondIsBetween(double secondStart, double secondEnd, string expected)
    {
        var plan = CutPlanner.Plan(Words(("a", 0, 3.5), ("um", 4, 4.3), ("uh", secondStart, secondEnd), ("b", 6, 10)), Options);

        Assert.Equal(expected, string.Join('|', Texts(plan).Skip(1).SkipLast(1)));
    }

    [Fact]
    public void Plan_DropsACut_WhenItIsShorterThanHalfASecond()
    {
        var plan = CutPlanner.Plan(Words(("um", 0, 0.15), ("text", 1, 9)), Options);

        Assert.Equal(["0.00-9.00 keep content"], Texts(plan));
    }

    [Fact]
    public void Plan_CutsAShortKeep_WhenCutsAreOnBothSides()
    {
        var plan = CutPlanner.Plan(Segments((0, 5), (7, 9), (11, 15)), Options);

        Assert.Equal(
            [
                "0.00-5.00 keep content", "5.00-7.00 cut silence_2000ms", "7.00-9.00 cut too_short_2.00s", "9.00-11.00 cut silence_2000ms",
                "11.00-15.00 keep content",
            ],
            Texts(plan));
    }

    [Fact]
    public void SettleShortKeeps_JoinsThePreviousKeep_WhenThereIsOne() =>
        Assert.Equal([Cut.Keep(0, 6000)], CutPlanner.SettleShortKeeps([Cut.Keep(0, 4000), Cut.Keep(4000, 6000)], Options));

    [Fact]
    public void SettleShortKeeps_JoinsTheNextKeep_WhenThereIsNoPreviousOne() =>
        Assert.Equal([Cut.Keep(0, 6000)], CutPlanner.SettleShortKeeps([Cut.Keep(0, 2000), Cut.Keep(2000, 6000)], Options));

    [Fact]
    public void Plan_SplitsALongKeepInItsLastPause_WhenItHasOne()
    {
        var plan = CutPlanner.Plan(Segments((0, 100), (100.6, 290), (291, 400)), Options);

        Assert.Equal(["0.00-290.50 keep content", "290.50-400.00 keep content"], Texts(plan));
    }

    [Fact]
    public void Plan_SplitsALongKeepEvenly_WhenItHasNoPause()
    {
        var plan = CutPlanner.Plan(Segments((0, 700)), Options);

        Assert.Equal(["0.00-233.33 keep content", "233.33-466.67 keep content", "466.67-700.00 keep content"], Texts(plan));
        Assert.All(plan.Cuts, cut => Assert.True(cut.LengthMs <= Options.MaxKeepMs));
    }

    [Fact]
    public void Plan_IsEmpty_WhenThereIsNoSpeech() => Assert.Empty(CutPlanner.Plan(new Transcript(), Options).Cuts);

    [Fact]
    public void Plan_CoversTheTalkWithoutGapsOrOverlaps_WhateverTheTranscript()
    {
        var random = new Random(20_250_930);
        for (var round = 0; round < 300; round++)
        {
            var plan = CutPlanner.Plan(RandomTalk(random), Options);
            Assert.Equal(0, plan.Cuts[0].StartMs);
            Assert.All(plan.Cuts.Zip(plan.Cuts.Skip(1)), pair => Assert.Equal(pair.First.EndMs, pair.Second.StartMs));
            Assert.All(plan.Cuts, cut => Assert.True(cut.LengthMs > 0));
            Assert.All(plan.Keeps, keep => Assert.InRange(keep.LengthMs, Options.MinKeepMs, Options.MaxKeepMs + Options.MinKeepMs));
        }
    }

    [Fact]
    public void Parse_ReadsWhatToJsonWrote()
    {
        var plan = CutPlanner.Plan(Segments((0, 5.5), (7, 12)), Options);

        Assert.Equal(Texts(plan), Texts(CutPlan.Parse(plan.ToJson("s", "o", Options), "plan")));
    }

    [Theory]
    [InlineData("nonsense", "plan is not a valid cut plan")]
    [InlineData("{}", "no array `cuts`")]
    [InlineData("""{"cuts":[{"start":"5.00","end":"4.00","type":"keep"}]}""", "cuts[0]")]
    [InlineData("""{"cuts":[{"start":"0.00","end":"4.00","type":"leave"}]}""", "`type`")]
    [InlineData("""{"cuts":[{"start":"0.00","end":"4.00","type":"keep"},{"start":"3.00","end":"5.00","type":"cut"}]}""", "cuts[1]")]
    public void Parse_RefusesAPlanByCode_WhenItIsNotOne(string json, string expected)
    {
        var fault = Assert.Throws<StepFailedException>(() => CutPlan.Parse(json, "plan"));

        Assert.Equal(MediaFailure.InvalidPlan, fault.Failure.Code);
        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("7.00", 7000)]
    [InlineData("01:02.5", 62_500)]
    [InlineData("01:00:00.250", 3_600_250)]
    [InlineData("75", 75_000)]
    public void CutTime_ReadsAllThreeNotations(string text, long expected)
    {
        Assert.True(CutTime.TryParse(text, out var milliseconds));
        Assert.Equal(expected, milliseconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("1:60")]
    [InlineData("1:2:3:4")]
    [InlineData("1,5")]
    [InlineData("NaN")]
    public void CutTime_RefusesAText_WhenItIsNoTime(string text) => Assert.False(CutTime.TryParse(text, out _));

    internal static Transcript Segments(params (double Start, double End)[] segments) => new()
    {
        Segments = [.. segments.Select((times, id) => new TranscriptSegment { Id = id, Start = times.Start, End = times.End, Text = "text" })],
    };

    internal static Transcript Words(params (string Text, double Start, double End)[] words) =>
        Transcript.FromWords([.. words.Select(word => new TranscriptWord(word.Start, word.End, word.Text))], "en", segmentPauseMs: 100_000);

    private static IEnumerable<string> Texts(CutPlan plan) =>
        plan.Cuts.Select(cut => $"{CutTime.Format(cut.StartMs)}-{CutTime.Format(cut.EndMs)} {(cut.IsKeep ? "keep" : "cut")} {cut.Reason}");

    private static Transcript RandomTalk(Random random)
    {
        string[] vocabulary = ["um", "you", "know", "so", "table", "chair", "like", "window", "garden", "river", "stone", "cloud"];
        var words = ImmutableArray.CreateBuilder<TranscriptWord>();
        double time = 0;
        for (var i = 0; i < 200; i++)
        {
            time += random.NextDouble() < 0.1 ? random.NextDouble() * 4 : random.NextDouble() * 0.3;
            var end = time + 0.1 + random.NextDouble() * 0.5;
            words.Add(new TranscriptWord(Math.Round(time, 3), Math.Round(end, 3), vocabulary[random.Next(vocabulary.Length)]));
            time = end;
        }

        return Transcript.FromWords(words, "en", 500);
    }
}
