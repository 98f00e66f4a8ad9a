using System.Security.Cryptography;
using System.Text.Json;

namespace Atp.Local;

/// <summary>The names and secrets that a kept stack has at every start, and the hold on its folder: one stack at a
/// time may use it.</summary>
internal sealed class LocalStackState : IDisposable
{
    private const string Part = "The local stack";

    private readonly FileStream? hold;

    private LocalStackState(Content content, FileStream? hold)
    {
        this.hold = hold;
        Accounts = content.Accounts;
        AdministratorSecret = content.AdministratorSecret;
        FunctionsSecret = content.FunctionsSecret;
        SignInPassword = content.SignInPassword;
    }

    public IReadOnlyList<StorageAccountKey> Accounts { get; }

    public string AdministratorSecret { get; }

    public string FunctionsSecret { get; }

    public string SignInPassword { get; }

    public static LocalStackState Open(string? folder, int accounts)
    {
        if (folder is null)
        {
            return new LocalStackState(NewContent(accounts), hold: null);
        }
        var hold = Hold(folder);
        try
        {
            return new LocalStackState(ReadOrCreate(Path.Combine(folder, "stack.json"), accounts), hold);
        }
        catch
        {
            hold.Dispose();
            throw;
        }
    }

    public void Dispose() => hold?.Dispose();

    private static FileStream Hold(string folder)
    {
        try
        {
            PrivateFile.CreateFolder(folder);
            var path = Path.Combine(folder, "stack.lock");
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new LocalStackException(Part, $"{folder} can't be written", "Choose a folder that you may write.", e);
        }
        catch (IOException e)
        {
            throw new LocalStackException(Part, $"{folder} is in use, or can't be made ({e.Message})",
                "Stop the stack that uses it, or choose another folder.", e);
        }
    }

    // A start that asks for more accounts than were kept adds them; fewer leaves the rest alone. An earlier build kept no password.
    private static Content ReadOrCreate(string path, int accounts)
    {
        try
        {
            var content = PrivateFile.ReadOrCreate(path, () => JsonSerializer.SerializeToUtf8Bytes(NewContent(accounts)));
            var kept = JsonSerializer.Deserialize<Content>(content)!;
            if (kept.Accounts.Count >= accounts && kept.SignInPassword is not null)
            {
                return kept;
            }
            var grown = kept with
            {
                Accounts = [.. kept.Accounts, .. Azurite.NewAccounts(accounts).Skip(kept.Accounts.Count)],
                SignInPassword = kept.SignInPassword ?? NewPassword(),
            };
            PrivateFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(grown));
            return grown;
        }
        catch (JsonException e)
        {
            throw new LocalStackException(Part, $"{path} can't be read", "Delete the folder to start with nothing.", e);
        }
    }

    private static Content NewContent(int accounts) => new(Azurite.NewAccounts(accounts), NewSecret(), NewSecret(), NewPassword());

    private static string NewSecret() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    /// <summary>Easy to type: 60 bits in letters and digits that nobody mixes up.</summary>
    private static string NewPassword() => RandomNumberGenerator.GetString("abcdefghjkmnpqrstuvwxyz123456789", 12);

    private sealed record Content(
        IReadOnlyList<StorageAccountKey> Accounts, string AdministratorSecret, string FunctionsSecret, string SignInPassword);
}
