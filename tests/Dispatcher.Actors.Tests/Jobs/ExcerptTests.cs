using Dispatcher.Jobs;

namespace Dispatcher.Actors.Tests.Jobs;

/// <summary>Texts that are too long for where they are shown.</summary>
public sealed class ExcerptTests
{
    [Theory]
    [InlineData("", 5, "")]
    [InlineData("hello", 5, "hello")]
    [InlineData("hello!", 5, "hell…")]
    [InlineData("hello", 1, "…")]
    [InlineData("abc😀", 5, "abc😀")]
    [InlineData("abc😀d", 5, "abc…")]
    [InlineData("ab😀de", 5, "ab😀…")]
    [InlineData("😀😀", 2, "…")]
    public void Of_HasNoMoreCharactersThanAsked_AndNoHalfOfAPair(string text, int characters, string shown) => Assert.Equal(shown, Excerpt.Of(text, characters));

    [Fact]
    public void Of_Has80Characters_WhereNothingElseIsSaid() => Assert.Equal((new string('x', 80), 80), (Excerpt.Of(new string('x', 80)), Excerpt.Of(new string('x', 81)).Length));
}
