namespace Dispatcher.Jobs;

/// <summary>What may name a tenant: <c>^[a-z0-9](?:[a-z0-9-_]{0,62}[a-z0-9])?$</c>, since it is part of paths and keys.</summary>
public static class TenantName
{
    private const int LimitCharacters = 64;

    public static bool IsValid(string name) =>
        name.Length is > 0 and <= LimitCharacters && IsEnd(name[0]) && IsEnd(name[^1]) && name.All(character => IsEnd(character) || character is '-' or '_');

    private static bool IsEnd(char character) => char.IsAsciiLetterLower(character) || char.IsAsciiDigit(character);
}
