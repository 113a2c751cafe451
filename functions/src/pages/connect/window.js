// The window of a sign-in closes itself: the page that opened it asks the API how it went.
window.close();
